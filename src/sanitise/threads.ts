/**
 * In-Reply-To and References: a thread stays together without telling of mails elsewhere.
 * @module
 */
import { foldTokens } from '../mail/words.js';
import type { Threads } from './policy.js';

/** An id in angle brackets; spaces within come from reference recipients, and go. */
const ID = /<[^<>]{1,998}>/g;

/** Ids of a thread that leave: the first, and the newest of the rest. */
const MAX_IDS = 50;

/** Reference recipients put a space into longer tokens. */
const MAX_ID_LENGTH = 75;

export interface ThreadFields {
  /** `undefined` where no id may leave. */
  readonly inReplyTo: string | undefined;
  readonly references: string | undefined;
}

/** The ids of a value, as they are written. */
export const idsOf = (value: string): readonly string[] =>
  (value.match(ID) ?? []).map((id) => id.replace(/\s/g, ''));

/**
 * Both fields from what was written: ids of received mails, and what others leave as.
 *
 * Every mail that answers one has both, since programs differ in which of them they write.
 */
export const threadFields = (
  inReplyTo: string,
  references: string,
  threads: Threads,
): ThreadFields => {
  const leaves = (id: string): readonly string[] => {
    const outside = threads.isKnown(id) ? id : threads.pseudonym(id);
    return outside === undefined || !isUsable(outside) ? [] : [outside];
  };
  const parents = idsOf(inReplyTo).flatMap(leaves);
  const chain = [...new Set([...idsOf(references).flatMap(leaves), ...parents])];
  const kept =
    chain.length <= MAX_IDS ? chain : [...chain.slice(0, 1), ...chain.slice(1 - MAX_IDS)];
  return {
    inReplyTo: parents[0] ?? chain.at(-1),
    references: kept.length === 0 ? undefined : foldTokens('References', kept),
  };
};

const isUsable = (id: string): boolean => id.length <= MAX_ID_LENGTH && /^<[\x21-\x7e]+>$/.test(id);
