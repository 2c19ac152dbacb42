/**
 * A report for people.
 * @module
 */
import type { Latency, NodeTraffic, Report } from './report.js';

/** Three significant digits; whole numbers from 100 on; a dash for what could not be measured. */
const formatNumber = (value: number): string => {
  if (!Number.isFinite(value)) return '-';
  return value >= 100 ? Math.round(value).toString() : Number(value.toPrecision(3)).toString();
};

const latencyLine = (name: string, { mean, p50, p90, p99 }: Latency): string => {
  const values = [mean, p50, p90, p99].map((value) => formatNumber(value).padStart(8));
  return `  ${name.padEnd(24)}${values.join('')}`;
};

const nodeLine = (name: string, { packetsPerSecond, bytesPerSecond, held }: NodeTraffic): string =>
  `  ${name} sends ${formatNumber(packetsPerSecond)} packets/s, ${formatNumber(bytesPerSecond / 1000)} kB/s; ` +
  `${formatNumber(held)} packets inside`;

export const formatReport = (report: Report): string => {
  const { senderEntropy: bits, user, unfinished } = report;
  const lost = unfinished > 0 ? `, and ${unfinished} that never came` : '';
  return [
    `${report.blocks} blocks of mail${lost}`,
    '',
    `  ${'latency, s'.padEnd(24)}${['mean', 'p50', 'p90', 'p99'].map((name) => name.padStart(8)).join('')}`,
    latencyLine('written to spooled', report.toSpool),
    latencyLine('written to retrieved', report.toUser),
    '',
    `  sender entropy, bits: mean ${formatNumber(bits.mean)}, p50 ${formatNumber(bits.p50)}, ` +
      `p10 ${formatNumber(bits.p10)}, p1 ${formatNumber(bits.p1)}; at most ${formatNumber(bits.most)}`,
    '',
    `  a user sends ${formatNumber(user.packetsPerSecond)} packets/s, ` +
      `${formatNumber(user.bytesPerSecondUp / 1000)} kB/s, and gets ${formatNumber(user.bytesPerSecondDown / 1000)} kB/s: ` +
      `${formatNumber(user.gigabytesPerMonth)} GB a month`,
    nodeLine('a provider', report.provider),
    nodeLine('a mix', report.mix),
    `  all nodes together pay ${formatNumber(report.costPerUserAndMonth)} per user and month`,
  ].join('\n');
};
