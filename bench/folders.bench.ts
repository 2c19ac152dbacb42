/**
 * Folders: how many dropped files a second are taken into the outbox, and how many received mails a
 * second are written into a Maildir. Both wait for the disk with each mail.
 * @module
 */
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runArea } from './area.js';
import { fillInbox } from './daemon/full-inbox.js';
import { mailOf } from './daemon/mail.js';
import { type DaemonProcess, startDaemonProcess } from './daemon/process.js';
import {
  answers,
  io,
  makeSite,
  NOWHERE,
  publicOf,
  type Site,
  until,
  writeConfig,
} from './daemon/site.js';
import { isQuick } from './measure.js';
import type { AreaReport, Measure } from './report.js';
import { single } from './stats.js';

const FILES = isQuick() ? 300 : 2000;
const MAILS = isQuick() ? 300 : 2000;
const SMALL_BYTES = 500;
const LARGE_BYTES = 10_000;

const countIn = async (directory: string): Promise<number> =>
  (await readdir(directory).catch(() => [])).length;

interface Beginning {
  readonly count: number;
  readonly startMs: number;
  readonly startCpuS: number;
}

interface Rate {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

/** From a moment until `count` mails lie in a folder. */
const rateOf = async (
  daemon: DaemonProcess,
  folder: string,
  { count, startMs, startCpuS }: Beginning,
): Promise<Rate> => {
  await until(async () => (await countIn(folder)) >= count);
  return {
    perSecond: (count * 1000) / (performance.now() - startMs),
    perCpuSecond: count / (daemon.cpuSeconds() - startCpuS),
  };
};

/** Files that are in the folder all at once, as after a day without the daemon. */
const dropped = async (bytes: number): Promise<Rate> => {
  const site = await makeSite();
  const drop = join(site.directory, 'drop');
  const daemon = await startedWith(site, `DropFolder = "${drop}"`);
  await until(async () => (await countIn(drop)) > 0);
  const waiting = join(site.directory, 'waiting');
  await mkdir(waiting);
  for (let i = 0; i < FILES; i++) await writeFile(join(waiting, `${i}`), mailOf(bytes, i));
  const beginning = { count: FILES, startMs: performance.now(), startCpuS: daemon.cpuSeconds() };
  for (let i = 0; i < FILES; i++) {
    await rename(join(waiting, `${i}`), join(drop, 'new', `${i}.bench`));
  }
  const rate = await rateOf(daemon, join(drop, '.Sent', 'cur'), beginning);
  await ended(site, daemon);
  return rate;
};

/** Mails that are in the inbox when the daemon starts; its start counts. */
const delivered = async (bytes: number): Promise<Rate> => {
  const site = await makeSite();
  const maildir = join(site.directory, 'mail');
  await fillInbox(site, MAILS, bytes);
  const daemon = await startedWith(site, `Maildir = "${maildir}"`);
  const beginning = { count: MAILS, startMs: daemon.startedMs, startCpuS: 0 };
  const rate = await rateOf(daemon, join(maildir, 'new'), beginning);
  await ended(site, daemon);
  return rate;
};

const startedWith = async (site: Site, ...settings: readonly string[]): Promise<DaemonProcess> => {
  await writeConfig(site, { authority: NOWHERE }, publicOf(io.random(32)), settings);
  const daemon = startDaemonProcess(site.configFile);
  await until(() => answers(site.smtp));
  return daemon;
};

const ended = async (site: Site, daemon: DaemonProcess): Promise<void> => {
  await daemon.stop();
  await site.dispose();
};

const measuresOf = (name: string, { perSecond, perCpuSecond }: Rate): readonly Measure[] => [
  { name, unit: '/s', summary: single(perSecond) },
  { name: `${name}, per CPU-second`, unit: '/s', summary: single(perCpuSecond) },
];

const bench = async (): Promise<AreaReport> => ({
  area: 'folders',
  measures: [
    ...measuresOf('dropped files of 500 bytes', await dropped(SMALL_BYTES)),
    ...measuresOf('dropped files of 10 KB', await dropped(LARGE_BYTES)),
    ...measuresOf('deliveries of 500 bytes', await delivered(SMALL_BYTES)),
    ...measuresOf('deliveries of 10 KB', await delivered(LARGE_BYTES)),
  ],
  requirements: [],
});

await runArea(bench);
