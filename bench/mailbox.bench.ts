/**
 * A full mailbox: 10,000 mails of 10 KB for a mail program that logs in and asks how many there are,
 * and mails of 100 KB, which must not all be in memory because one is fetched; how fast one leaves.
 * @module
 */
import { countMails, fetchFirst, type MailServer } from '../apps/quickstart/dialogue.js';
import { measured, runArea } from './area.js';
import { fillInbox } from './daemon/full-inbox.js';
import { startDaemonProcess } from './daemon/process.js';
import {
  answers,
  io,
  makeSite,
  NOWHERE,
  publicOf,
  serverAt,
  until,
  writeConfig,
} from './daemon/site.js';
import { isLong, isQuick } from './measure.js';
import type { AreaReport, Measure, Requirement } from './report.js';
import { single } from './stats.js';

const MAILS = 10_000;
const MAIL_BYTES = 10_000;
/** A gigabyte takes its time to make. */
const LARGE_MAILS = isLong() ? 10_000 : isQuick() ? 500 : 2000;
const LARGE_BYTES = 100_000;
const ROUNDS = isQuick() ? 5 : 20;
const FETCHED_BYTES = 5_000_000;
const FETCHES = 10;
/** Whole lines only, so a little less than asked for. */
const ALMOST = 0.99;
const LEAST_FETCH_MB = 100;
const MOST_STAT_MS = 150;
const MOST_RESIDENT_MB = 200;

interface Look {
  readonly startS: number;
  readonly statMs: readonly number[];
  readonly fetchMs: readonly number[];
  readonly residentMb: number;
}

const timeOf = async (work: () => Promise<unknown>): Promise<number> => {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
};

const lookAt = async (count: number, mailBytes: number): Promise<Look> => {
  const site = await makeSite();
  await fillInbox(site, count, mailBytes);
  await writeConfig(site, { authority: NOWHERE }, publicOf(io.random(32)));
  const daemon = startDaemonProcess(site.configFile);
  await until(() => answers(site.pop3));
  const startS = (performance.now() - daemon.startedMs) / 1000;
  const server = await serverAt(site, site.pop3);
  const [statMs, fetchMs]: [number[], number[]] = [[], []];
  let residentMb = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const stat = await countMails(server);
    if (!stat._unsafeUnwrap().startsWith(`+OK ${count} `)) throw new Error('mails are missing');
    statMs.push(await timeOf(async () => (await countMails(server))._unsafeUnwrap()));
    fetchMs.push(await timeOf(async () => (await fetchFirst(server))._unsafeUnwrap()));
    residentMb = Math.max(residentMb, daemon.residentMb());
  }
  await daemon.stop();
  await site.dispose();
  return { startS, statMs, fetchMs, residentMb };
};

const measuresOf = (label: string, look: Look): readonly Measure[] => [
  { name: `${label}: start until POP3 answers`, unit: 's', summary: single(look.startS) },
  measured(`${label}: log-in, STAT, QUIT`, 'ms', look.statMs),
  measured(`${label}: log-in, RETR 1, QUIT`, 'ms', look.fetchMs),
  { name: `${label}: resident, the most`, unit: 'MB', summary: single(look.residentMb) },
];

const atMost = (
  name: string,
  value: number,
  { unit, limit }: Pick<Requirement, 'unit' | 'limit'>,
): Requirement => ({ name: `mailbox: ${name}`, value, unit, bound: 'at-most', limit });

/** MB a second of a mail fetched again and again on one connection, from log-in to the end. */
const fetchRates = async (): Promise<readonly number[]> => {
  const site = await makeSite();
  await fillInbox(site, 1, FETCHED_BYTES);
  await writeConfig(site, { authority: NOWHERE }, publicOf(io.random(32)));
  const daemon = startDaemonProcess(site.configFile);
  await until(() => answers(site.pop3));
  const server = await serverAt(site, site.pop3);
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    let bytes = 0;
    const ms = await timeOf(async () => (bytes = await heardFrom(server)));
    if (bytes < FETCHES * FETCHED_BYTES * ALMOST) throw new Error('the mail is cut short');
    rates.push(bytes / 1000 / ms);
  }
  await daemon.stop();
  await site.dispose();
  return rates;
};

/** Logs in and fetches, all in one packet; how many bytes come. */
const heardFrom = async ({ address, account, password }: MailServer): Promise<number> => {
  const dialled = await io.network.dial(address, new AbortController().signal);
  const duplex = dialled._unsafeUnwrap();
  const script = `USER ${account}\r\nPASS ${password}\r\n${'RETR 1\r\n'.repeat(FETCHES)}QUIT\r\n`;
  await duplex.write(new TextEncoder().encode(script));
  let bytes = 0;
  for (let piece = await duplex.read(); piece; piece = await duplex.read()) bytes += piece.length;
  duplex.destroy();
  return bytes;
};

const bench = async (): Promise<AreaReport> => {
  const many = await lookAt(MAILS, MAIL_BYTES);
  const large = await lookAt(LARGE_MAILS, LARGE_BYTES);
  const [small, big] = [`${MAILS} of 10 KB`, `${LARGE_MAILS} of 100 KB`];
  const stat = measured('', 'ms', many.statMs).summary.median;
  const rates = await fetchRates();
  const rate = measured('RETR of 5 MB, again and again', 'MB/s', rates);
  const memory = { unit: 'MB', limit: MOST_RESIDENT_MB } as const;
  return {
    area: 'mailbox',
    measures: [...measuresOf(small, many), ...measuresOf(big, large), rate],
    requirements: [
      atMost(`log-in and STAT, ${small}`, stat, { unit: 'ms', limit: MOST_STAT_MS }),
      atMost(`resident, ${small}`, many.residentMb, memory),
      atMost(`resident after RETR, ${big}`, large.residentMb, memory),
      {
        name: 'mailbox: RETR of 5 MB',
        value: rate.summary.median,
        ...{ unit: 'MB/s', bound: 'at-least', limit: LEAST_FETCH_MB },
      },
    ],
  };
};

await runArea(bench);
