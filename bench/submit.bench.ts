/**
 * Submitting: how many mails a second SMTP accepts on one connection, each on the disk before its 250,
 * and what a flush of the disk costs here.
 * @module
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toBase64, utf8 } from '../src/bytes/text.js';
import { measured, runArea } from './area.js';
import { mailOf } from './daemon/mail.js';
import { type DaemonProcess, startDaemonProcess } from './daemon/process.js';
import {
  ACCOUNT,
  answers,
  FRIEND,
  io,
  makeSite,
  NOWHERE,
  publicOf,
  serverAt,
  until,
  writeConfig,
} from './daemon/site.js';
import { isQuick } from './measure.js';
import type { AreaReport, Requirement } from './report.js';
import { summarise } from './stats.js';

const ROUNDS = 5;
const SMALL = { bytes: 500, mails: isQuick() ? 100 : 400, perSecond: 750 };
const LARGE = { bytes: 100_000, mails: isQuick() ? 25 : 100, perSecond: 250 };
const FLUSHES = 200;
/** What a flush costs where the rates are wanted. */
const WANTED_FLUSH_MS = 0.2;
const PAGE = new Uint8Array(4096).fill(1);

/** Flushes of a page appended to a file, ms each. */
const flushMs = async (): Promise<readonly number[]> => {
  const directory = await mkdtemp(join(tmpdir(), 'postern-bench-'));
  const file = await open(join(directory, 'flushed'), 'w');
  const times: number[] = [];
  for (let i = 0; i < FLUSHES; i++) {
    await file.write(PAGE);
    const startMs = performance.now();
    await file.datasync();
    times.push(performance.now() - startMs);
  }
  await file.close();
  await rm(directory, { recursive: true });
  return times;
};

const dataOf = (bytes: number, number: number): Uint8Array => utf8(`${mailOf(bytes, number)}.\r\n`);

const ENVELOPE = utf8(`MAIL FROM:<${ACCOUNT}>\r\nRCPT TO:<${FRIEND}>\r\nDATA\r\n`);

/**
 * One session, which waits for each mail's 250. It does no more than a client must: what it takes for
 * itself would count as the server's.
 */
class Session {
  readonly #socket: Socket;
  #heard = '';
  #told: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.#heard += text;
      this.#told();
    });
  }

  static async open(address: string, password: string): Promise<Session> {
    const [host = '', port] = address.split(':');
    const session = new Session(connect(Number(port), host));
    await session.hear('220');
    await session.ask('EHLO bench', '250');
    const token = toBase64(utf8(['', ACCOUNT, password].join('\0')));
    await session.ask(`AUTH PLAIN ${token}`, '235');
    return session;
  }

  async send(mail: Uint8Array): Promise<void> {
    this.#socket.write(ENVELOPE);
    await this.hear('250', '250', '354');
    this.#socket.write(mail);
    await this.hear('250');
  }

  async ask(line: string, code: string): Promise<void> {
    this.#socket.write(`${line}\r\n`);
    await this.hear(code);
  }

  /** These replies, and nothing else. */
  async hear(...codes: readonly string[]): Promise<void> {
    for (let replies = repliesIn(this.#heard); replies.length < codes.length;) {
      await new Promise<void>((resolve) => (this.#told = resolve));
      replies = repliesIn(this.#heard);
    }
    const said = repliesIn(this.#heard);
    if (said.join() !== codes.join()) throw new Error(`not ${codes.join()}: ${this.#heard}`);
    this.#heard = '';
  }
}

/** The codes of all replies that are whole. */
const repliesIn = (heard: string): readonly string[] =>
  [...heard.matchAll(/^(\d{3})(?: .*)?\r\n/gm)].map(([, code = '']) => code);

interface Rates {
  readonly perSecond: readonly number[];
  /** Of the daemon, with all threads; without what waiting for the disk costs. */
  readonly perCpuSecond: readonly number[];
}

const rates = async (
  session: Session,
  daemon: DaemonProcess,
  { bytes, mails }: typeof SMALL,
): Promise<Rates> => {
  await session.send(dataOf(bytes, 0));
  const [perSecond, perCpuSecond]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    const all = Array.from({ length: mails }, (_, i) => dataOf(bytes, 1 + round * mails + i));
    const [startMs, startCpuS] = [performance.now(), daemon.cpuSeconds()];
    for (const mail of all) await session.send(mail);
    perSecond.push((mails * 1000) / (performance.now() - startMs));
    perCpuSecond.push(mails / (daemon.cpuSeconds() - startCpuS));
  }
  return { perSecond, perCpuSecond };
};

/** The rate that this one would be where a flush took {@link WANTED_FLUSH_MS}. */
const normalised = (perSecond: readonly number[], flushMs: number): readonly number[] =>
  perSecond.map((rate) => 1000 / (1000 / rate - (flushMs - WANTED_FLUSH_MS)));

const atLeast = (name: string, samples: readonly number[], limit: number): Requirement => ({
  name: `submit: ${name}, where a flush takes ${WANTED_FLUSH_MS} ms`,
  value: summarise(samples).median,
  unit: '/s',
  bound: 'at-least',
  limit,
});

const bench = async (): Promise<AreaReport> => {
  const site = await makeSite();
  await writeConfig(site, { authority: NOWHERE }, publicOf(io.random(32)));
  const daemon = startDaemonProcess(site.configFile);
  await until(() => answers(site.smtp));
  const { password } = await serverAt(site, site.smtp);
  const session = await Session.open(site.smtp, password);
  const fresh = await rates(session, daemon, SMALL);
  const small = await rates(session, daemon, SMALL);
  const large = await rates(session, daemon, LARGE);
  const flushes = await flushMs();
  const flush = summarise(flushes).median;
  const freshThere = normalised(fresh.perSecond, flush);
  const smallThere = normalised(small.perSecond, flush);
  const largeThere = normalised(large.perSecond, flush);
  await daemon.stop();
  await site.dispose();
  return {
    area: 'submit',
    measures: [
      measured('fdatasync of a page behind a file', 'ms', flushes),
      measured('500 bytes, a daemon that has just started', '/s', fresh.perSecond),
      measured('500 bytes, the same, normalised to a flush of 0.2 ms', '/s', freshThere),
      measured('500 bytes, one connection', '/s', small.perSecond),
      measured('500 bytes, normalised to a flush of 0.2 ms', '/s', smallThere),
      measured('500 bytes, per CPU-second', '/s', small.perCpuSecond),
      measured('100 KB, one connection', '/s', large.perSecond),
      measured('100 KB, normalised to a flush of 0.2 ms', '/s', largeThere),
      measured('100 KB, per CPU-second', '/s', large.perCpuSecond),
    ],
    requirements: [
      atLeast('500 bytes, just started', freshThere, SMALL.perSecond),
      atLeast('500 bytes', smallThere, SMALL.perSecond),
      atLeast('100 KB', largeThere, LARGE.perSecond),
    ],
  };
};

await runArea(bench);
