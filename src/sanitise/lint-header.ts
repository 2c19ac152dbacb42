/**
 * What a mail's top-level header tells.
 * @module
 */
import { decodeWords, fieldText } from '../mail/decode-words.js';
import type { HeaderLine } from '../mail/header.js';
import { plainAddresses } from './addresses.js';
import { type Leak, shown } from './leaks.js';
import { isOwnId, type Maker, NO_THREADS, type SanitisePolicy } from './policy.js';
import { normaliseSubject } from './subject.js';
import { idsOf } from './threads.js';

const FIELDS = [
  ...['from', 'to', 'cc', 'subject', 'date', 'message-id', 'in-reply-to', 'references'],
  ...['mime-version', 'content-type', 'content-transfer-encoding'],
];

const UTC_MINUTE = /\d\d:\d\d:00 \+0000$/;

/** What each field tells, in their order. */
export const headerLeaks = function* (
  lines: readonly HeaderLine[],
  policy: SanitisePolicy,
  { threads = NO_THREADS }: Pick<Maker, 'threads'>,
): Generator<Leak> {
  const kept: readonly string[] = (policy.keep ?? []).map((name) => name.toLowerCase());
  for (const line of lines) {
    const name = line.name.toLowerCase();
    const value = fieldText(line);
    if (FIELDS.includes(name)) yield* valueLeaks(name, value, policy, threads);
    else if (!kept.includes(name))
      yield { kind: 'header', name: shown(line.name), value: shown(value) };
  }
};

const valueLeaks = function* (
  name: string,
  value: string,
  { addresses = [] }: SanitisePolicy,
  threads: NonNullable<Maker['threads']>,
): Generator<Leak> {
  if (name === 'from') {
    const own = addresses.flatMap(plainAddresses);
    for (const address of plainAddresses(value)) {
      const isOwn = own.length === 0 || own.includes(address);
      if (!isOwn) yield { kind: 'foreign-from', address: shown(address) };
    }
  }
  if ((name === 'to' || name === 'cc') && /[<>"():;]/.test(value)) {
    yield { kind: 'recipient-names', field: name, value: shown(decodeWords(value)) };
  }
  if (name === 'date' && !UTC_MINUTE.test(value)) yield { kind: 'date', value: shown(value) };
  if (name === 'message-id' && !isOwnId(value)) yield { kind: 'message-id', id: shown(value) };
  if (name === 'in-reply-to' || name === 'references') {
    for (const id of idsOf(value)) {
      if (!isOwnId(id) && !threads.isKnown(id)) yield { kind: 'thread-id', id: shown(id) };
    }
  }
  const subject = name === 'subject' ? decodeWords(value).replace(/\s+/g, ' ').trim() : '';
  if (normaliseSubject(subject) !== subject)
    yield { kind: 'subject-word', subject: shown(subject) };
};
