/**
 * The normal form of a mail's top-level header: the fields that a reader needs, in one order and one
 * spelling, whatever program wrote them.
 *
 * What names the sender's program, host or time zone is on no list and so does not leave.
 * @module
 */
import { coarseDate } from '../mail/dates.js';
import { decodeWords, fieldText } from '../mail/decode-words.js';
import { findAll, type HeaderField, type HeaderLine } from '../mail/header.js';
import { newMessageId } from '../mail/tokens.js';
import { encodeWords, foldTokens } from '../mail/words.js';
import { addressesField, fromField } from './addresses.js';
import { type KeptField, type Maker, NO_THREADS, type SanitisePolicy } from './policy.js';
import { normaliseSubject } from './subject.js';
import { idsOf, threadFields } from './threads.js';

/** A Message-ID, and the one that took its place. */
export interface Renamed {
  readonly from: string;
  readonly to: string;
}

export interface TopFields {
  readonly fields: readonly HeaderField[];
  /** `undefined` where the mail had no id. */
  readonly renamed: Renamed | undefined;
}

const MINUTE_MS = 60_000;

/** The fields of a mail but those of MIME, in the order in which they leave. */
export const topFields = (
  lines: readonly HeaderLine[],
  policy: SanitisePolicy,
  { nowMs, random, threads = NO_THREADS }: Maker,
): TopFields => {
  const all = (name: string): readonly string[] =>
    findAll({ lines, bodyStart: 0 }, name).map(fieldText);
  const list = (name: string): string | undefined => addressesField(name, all(name).join(','));
  const thread = threadFields(all('In-Reply-To').join(' '), all('References').join(' '), threads);
  const [before] = idsOf(all('Message-ID')[0] ?? '');
  const pseudonym = before === undefined ? undefined : threads.pseudonym(before);
  const id = pseudonym ?? newMessageId(random);
  const stepMs = Math.max(MINUTE_MS, policy.dateStepMs ?? MINUTE_MS);
  const values: readonly (readonly [string, string | undefined])[] = [
    ['From', fromField(all('From').join(','), policy)],
    ['To', list('To')],
    ['Cc', list('Cc')],
    ['Subject', subjectField(all('Subject')[0] ?? '')],
    ['Date', coarseDate(nowMs, stepMs)],
    ['Message-ID', id],
    ['In-Reply-To', thread.inReplyTo],
    ['References', thread.references],
  ];
  return {
    fields: values.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }])),
    renamed: before === undefined ? undefined : { from: before, to: id },
  };
};

const subjectField = (text: string): string | undefined => {
  const subject = normaliseSubject(decodeWords(text));
  return subject === '' ? undefined : encodeWords('Subject', subject);
};

/** The fields that the account keeps, behind all others and in the order of the policy. */
export const keptFields = (
  lines: readonly HeaderLine[],
  { keep = [] }: SanitisePolicy,
): readonly HeaderField[] =>
  [...new Set(keep)].flatMap((name) => {
    const [line] = findAll({ lines, bodyStart: 0 }, name);
    const value = line === undefined ? undefined : keptValue(name, fieldText(line));
    return value === undefined || value === '' ? [] : [{ name, value }];
  });

const AUTOCRYPT_TOKEN = 64;

const keptValue = (name: KeptField, text: string): string | undefined => {
  if (name === 'Reply-To') return addressesField(name, text);
  if (name !== 'Autocrypt') return encodeWords(name, decodeWords(text));
  const plain = text.replace(/[^\x21-\x7e]+/g, ' ').split(' ');
  const cut = new RegExp(`.{1,${AUTOCRYPT_TOKEN}}`, 'g');
  return foldTokens(
    name,
    plain.flatMap((token) => token.match(cut) ?? []),
  );
};
