/**
 * How soon a daemon is of use: from the start of its process to the first mail that it accepts, and
 * to the first that has arrived, with its document on disk and on a network of fast rates.
 * @module
 */
import { submit } from '../apps/quickstart/dialogue.js';
import { measured, runArea } from './area.js';
import { startDaemonProcess } from './daemon/process.js';
import { ACCOUNT, answers, FRIEND, serverAt, until } from './daemon/site.js';
import { openVillage, receivedBy, type Village } from './daemon/village.js';
import { isQuick } from './measure.js';
import type { AreaReport, Measure, Requirement } from './report.js';

const MEANS = { mu: 50, lambdaP: 100, lambdaL: 1000, lambdaD: 1000, lambdaM: 60_000 };
const ROUNDS = isQuick() ? 4 : 12;
const MOST_ACCEPTED_S = 1;
const MOST_DELIVERED_S = 3;

const mail = new TextEncoder().encode(
  `From: <${ACCOUNT}>\r\nTo: <${FRIEND}>\r\nSubject: first\r\n\r\nfirst\r\n`,
);

/** Seconds from the start of the process. */
interface Start {
  readonly accepted: number;
  readonly delivered: number;
  readonly cpu: number;
}

/** Starts the daemon, hands it a mail as soon as it listens, and waits until that has arrived. */
const startOnce = async (village: Village): Promise<Start> => {
  const { site } = village;
  const had = receivedBy(village);
  const daemon = startDaemonProcess(site.configFile);
  const seconds = (): number => (performance.now() - daemon.startedMs) / 1000;
  await until(() => answers(site.smtp));
  const server = await serverAt(site, site.smtp);
  (await submit(server, { from: ACCOUNT, to: FRIEND, mail }))._unsafeUnwrap();
  const [accepted, cpu] = [seconds(), daemon.cpuSeconds()];
  await until(() => receivedBy(village) > had);
  const delivered = seconds();
  await daemon.stop();
  return { accepted, delivered, cpu };
};

const requirement = (what: Measure, limit: number): Requirement => ({
  name: `start: ${what.name}`,
  value: what.summary.median,
  unit: 's',
  bound: 'at-most',
  limit,
});

const bench = async (): Promise<AreaReport> => {
  const village = await openVillage(MEANS);
  // What only the first start has to do: make the stores, fetch the document.
  await startOnce(village);
  const starts: Start[] = [];
  for (let round = 0; round < ROUNDS; round++) starts.push(await startOnce(village));
  await village.close();
  const of = (name: keyof Start): readonly number[] => starts.map((start) => start[name]);
  const accepted = measured('to the first accepted mail', 's', of('accepted'));
  const delivered = measured('to the first delivered mail', 's', of('delivered'));
  return {
    area: 'start',
    measures: [accepted, measured('CPU until that was accepted', 's', of('cpu')), delivered],
    requirements: [
      requirement(accepted, MOST_ACCEPTED_S),
      requirement(delivered, MOST_DELIVERED_S),
    ],
  };
};

await runArea(bench);
