/**
 * The contract of {@link ExitModule}, as a suite for whoever writes another one.
 * @module
 */
import { concat } from '../src/bytes/writer.js';
import { utf8 } from '../src/bytes/text.js';
import type { Io } from '../src/io/contracts.js';
import type {
  Exit,
  ExitMail,
  ExitModule,
  ExitResult,
  SectionSchema,
} from '../bridges/exit/contracts.js';
import { declareSuite, type Suite, type SuiteTools } from './suite.js';

/** How what is behind an exit may be told to answer; `silence`: not at all. */
export type ExitAnswer = 'ok' | 'retry' | 'no-retry' | 'silence';

/** A place for an exit to be tried in; in a fresh one what is behind it answers `ok`. */
export interface ExitSite {
  /** For an exit of this place. */
  readonly section: object;
  /** How what is behind the exit answers from now on. */
  readonly answer: (how: ExitAnswer) => Promise<void>;
  /** What has come there, in order, each to the byte; a mail that came twice may be there once. */
  readonly delivered: () => Promise<readonly Uint8Array[]>;
  readonly dispose: () => Promise<void>;
}

/** How a module is tried. */
export interface ExitModuleTrial {
  readonly makeSite: () => Promise<ExitSite>;
  /** Those that {@link ExitSite.answer} can bring about, beside `ok`. */
  readonly answers: readonly Exclude<ExitAnswer, 'ok'>[];
  /** The world that the exit is opened in. */
  readonly io: Io;
}

interface Site extends ExitSite {
  readonly schema: SectionSchema<unknown>;
  readonly exit: Exit;
}

/** In everything of a mail that could come into a reason. */
const MARK = 'q7XwZ';
const LARGE = 300_000;
const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => byte);

/** A mail whose body ends in `body`; ids grow with their numbers. */
const mailOf = (n: number, body: string | Uint8Array = ''): ExitMail => {
  const head = utf8(`From: ${MARK}@p1.test\r\nSubject: ${MARK} $(touch ${MARK})\r\n\r\n`);
  const bytes = concat(head, typeof body === 'string' ? utf8(body) : body);
  const address = `${MARK.toLowerCase()}@p1.test`;
  return {
    id: String(n).padStart(32, '0'),
    account: address,
    sender: address,
    receivedAt: 1_700_000_000_000 + n,
    size: bytes.length,
    bytes,
  };
};

const MAILS: readonly ExitMail[] = [
  'one line\r\n',
  '',
  '.\r\n..\r\nFrom here\r\n>From there\r\n',
  'no end of a line',
  'bare\nLF, bare\rCR, \r\r\n',
  EVERY_BYTE,
  'x'.repeat(LARGE),
].map((body, at) => mailOf(at + 1, body));

const deliver = (
  { exit }: Site,
  mail: ExitMail,
  signal = new AbortController().signal,
): Promise<ExitResult> => exit.deliver(mail, signal);

const BASE: Suite<Site> = {
  'names a key of its section that it does not know': (site, { expect }) => {
    const read = site.schema.safeParse({ ...site.section, NoSuchKey: 1 });
    const named = !read.success && /NoSuchKey/.test(JSON.stringify(read.error.issues));
    expect(named).toEqual(true);
    return Promise.resolve();
  },

  'advertises names with words or numbers': ({ exit }, { expect }) => {
    const odd = Object.entries(exit.advertised).filter(
      ([name, value]) => !/^[A-Z][A-Za-z0-9]*$/.test(name) || /\p{Cc}/u.test(String(value)),
    );
    expect(odd).toEqual([]);
    return Promise.resolve();
  },

  'hands every mail over to the byte before it says ok': async (site, { expect }) => {
    for (const mail of MAILS) {
      expect(await deliver(site, mail)).toEqual({ kind: 'ok' });
      expect((await site.delivered()).at(-1)).toEqual(mail.bytes);
    }
    expect((await site.delivered()).length).toEqual(MAILS.length);
  },

  'takes a mail again that it has taken, as after a crash': async (site, { expect }) => {
    const mail = mailOf(1, 'again\r\n');
    expect(await deliver(site, mail)).toEqual({ kind: 'ok' });
    expect(await deliver(site, mail)).toEqual({ kind: 'ok' });
    const delivered = await site.delivered();
    expect(delivered.length > 0).toEqual(true);
    for (const each of delivered) expect(each).toEqual(mail.bytes);
  },

  'keeps nothing of the bytes that it is lent, and changes none': async (site, { expect }) => {
    const mail = mailOf(1, 'lent\r\n');
    const kept = mail.bytes.slice();
    expect(await deliver(site, mail)).toEqual({ kind: 'ok' });
    expect(mail.bytes).toEqual(kept);
    mail.bytes.fill(0);
    expect(await site.delivered()).toEqual([kept]);
  },

  'refuses no mail for want of time': async (site, { expect }) => {
    const { kind } = await deliver(site, mailOf(1), AbortSignal.abort());
    expect(kind === 'no-retry').toEqual(false);
    const came = (await site.delivered()).length;
    if (kind === 'ok') expect(came).toEqual(1);
  },
};

/** A few words on one line, with nothing of the mail. */
const isDiscreet = (result: ExitResult): boolean =>
  result.kind !== 'ok' && /^\P{Cc}{1,200}$/u.test(result.reason) && !/q7xwz/i.test(result.reason);

const BY_ANSWER: Readonly<Record<Exclude<ExitAnswer, 'ok'>, Suite<Site>>> = {
  retry: {
    'says retry, tells nothing of the mail, and takes it when it can': async (site, { expect }) => {
      const mail = mailOf(1, 'later\r\n');
      await site.answer('retry');
      const result = await deliver(site, mail);
      expect([result.kind, isDiscreet(result)]).toEqual(['retry', true]);
      await site.answer('ok');
      expect(await deliver(site, mail)).toEqual({ kind: 'ok' });
      expect((await site.delivered()).at(-1)).toEqual(mail.bytes);
    },
  },
  'no-retry': {
    'says no-retry, tells nothing of the mail, and takes the next': async (site, { expect }) => {
      await site.answer('no-retry');
      const result = await deliver(site, mailOf(1, 'never\r\n'));
      expect([result.kind, isDiscreet(result)]).toEqual(['no-retry', true]);
      await site.answer('ok');
      const next = mailOf(2, 'next\r\n');
      expect(await deliver(site, next)).toEqual({ kind: 'ok' });
      expect((await site.delivered()).at(-1)).toEqual(next.bytes);
    },
  },
  silence: {
    'says retry when nothing comes and its time is over': async (site, { expect }) => {
      await site.answer('silence');
      const over = new AbortController();
      const delivering = deliver(site, mailOf(1, 'x'.repeat(LARGE)), over.signal);
      over.abort();
      const result = await delivering;
      expect([result.kind, isDiscreet(result)]).toEqual(['retry', true]);
    },
  },
};

/**
 * Declares the tests of the contract: those that every module passes, and those of the answers that
 * a trial can bring about.
 */
export const exitModuleSuite = <Section>(
  module: ExitModule<Section>,
  { makeSite, answers, io }: ExitModuleTrial,
  tools: SuiteTools,
): void => {
  const make = async (): Promise<Site> => {
    const site = await makeSite();
    const read = module.section.safeParse(site.section);
    if (!read.success) throw new Error(`the section is refused: ${JSON.stringify(read.error)}`);
    return { ...site, schema: module.section, exit: module.open(read.data, io) };
  };
  const suites = [BASE, ...answers.map((answer) => BY_ANSWER[answer])];
  for (const suite of suites) {
    declareSuite(suite, { name: `the exit module ${module.name}`, makeSite: make }, tools);
  }
};
