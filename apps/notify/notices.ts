/**
 * Notices: that mail has come, and how much; of the mails themselves only where that was asked for.
 *
 * The first is told at once, those that come within a second of it together. A listener that takes
 * long hears less often, never of less mail.
 * @module
 */
import { concat } from '../../src/bytes/writer.js';
import { findAll, findBody, readHead } from '../../src/mail/header.js';
import type { Clock } from '../../src/io/contracts.js';
import type { Json, JsonObject } from '../../src/control/json.js';
import { Pulse } from '../../src/client/pulse.js';
import type { Address, InboxEntry, MixClient } from '../../src/index.js';

/** What a notice may tell of one mail. */
export interface Heading {
  /** Whose key it is; `undefined`: nobody's that is known here. */
  readonly sender: Address | undefined;
  /** As the mail has it, cut off where it is long; `undefined`: none, or the mail is gone. */
  readonly subject: string | undefined;
  /** Octets. */
  readonly size: number;
}

export interface Notice {
  readonly account: Address;
  /** Mails that have come since the notice before. */
  readonly count: number;
  /** Of the first of them, where content was asked for. */
  readonly mails?: readonly Heading[];
}

export interface NoticeOptions {
  readonly client: MixClient;
  readonly clock: Clock;
  readonly content: boolean;
  readonly signal: AbortSignal;
}

/** Least time between two notices. */
const PAUSE_MS = 1000;

/** So many mails of one notice are described. */
const HEADINGS_MAX = 20;

const SUBJECT_LENGTH = 200;

/** So much of a mail is searched for its subject. */
const HEADER_LENGTH = 64 * 1024;

interface Heard {
  readonly count: number;
  readonly headings: readonly Heading[];
}

/** What is heard from the call on, until the signal is aborted or the client closes. */
export const noticesOf = (options: NoticeOptions): AsyncIterable<Notice> => {
  const heard = new Map<Address, Heard>();
  const news = new Pulse();
  const ended = new AbortController();
  // From now on, not from the first time that somebody asks.
  const events = options.client.events(options.signal);
  void listen(events, options, { heard, news }).finally(() => {
    ended.abort();
  });
  return told(options, { heard, news, ended: ended.signal });
};

interface Ear {
  readonly heard: Map<Address, Heard>;
  readonly news: Pulse;
}

const listen = async (
  events: ReturnType<MixClient['events']>,
  options: NoticeOptions,
  { heard, news }: Ear,
): Promise<void> => {
  for await (const event of events) {
    if (event.kind !== 'received') continue;
    const { account, mail } = event;
    const isWanted = options.content && (heard.get(account)?.headings.length ?? 0) < HEADINGS_MAX;
    const headings = isWanted ? [await headingOf(options.client, account, mail)] : [];
    // Looked up again: a notice may have been told meanwhile.
    const before = heard.get(account) ?? { count: 0, headings: [] };
    heard.set(account, {
      count: before.count + 1,
      headings: [...before.headings, ...headings],
    });
    news.fire();
  }
};

async function* told(
  { clock, content }: NoticeOptions,
  { heard, news, ended }: Ear & { readonly ended: AbortSignal },
): AsyncGenerator<Notice, void> {
  while (!ended.aborted) {
    if (heard.size === 0) {
      await news.wait(ended);
      continue;
    }
    const all = [...heard];
    heard.clear();
    for (const [account, { count, headings }] of all) {
      yield content ? { account, count, mails: headings } : { account, count };
    }
    await clock.sleep(PAUSE_MS, ended);
  }
}

const headingOf = async (
  client: MixClient,
  account: Address,
  { id, size, senderKey }: InboxEntry,
): Promise<Heading> => ({
  sender: senderKey && client.recipients.findByKey(senderKey),
  subject: await subjectOf(client, account, id),
  size,
});

const subjectOf = async (
  client: MixClient,
  account: Address,
  id: InboxEntry['id'],
): Promise<string | undefined> => {
  const subject = readHead(await startOf(client, account, id))
    .map((head) => findAll(head, 'Subject')[0]?.value)
    .unwrapOr(undefined);
  return subject && withoutControls(subject).slice(0, SUBJECT_LENGTH);
};

/** A mail as far as its header goes, or a little of one that has none. */
const startOf = async (
  client: MixClient,
  account: Address,
  id: InboxEntry['id'],
): Promise<Uint8Array> => {
  let start: Uint8Array = new Uint8Array();
  for await (const piece of client.inbox.pieces(account, id)) {
    if (piece.isErr()) break;
    start = concat(start, piece.value);
    if (findBody(start) !== undefined || start.length > HEADER_LENGTH) break;
  }
  return start;
};

/** Nothing that a terminal or a program behind would take for a command. */
const withoutControls = (text: string): string => text.replaceAll(/\p{C}+/gu, ' ');

/** A notice as one object of JSON. */
export const noticeJson = ({ account, count, mails }: Notice): JsonObject => ({
  account,
  count,
  ...(mails === undefined ? {} : { mails: mails.map(headingJson) }),
});

const headingJson = ({ sender, subject, size }: Heading): Json => ({
  sender: sender ?? null,
  subject: subject ?? null,
  size,
});
