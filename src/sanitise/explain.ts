/**
 * What sanitising a mail changes: its header before and after, what it told, and what it still does.
 * @module
 */
import type { Result } from 'neverthrow';
import { decodeLine } from '../mail/charset.js';
import { splitMail } from '../mail/header.js';
import type { Leak } from './leaks.js';
import { findLeaks } from './lint.js';
import type { Maker, SanitisePolicy } from './policy.js';
import { sanitise, type SanitiseError } from './sanitise.js';

export interface Explanation {
  /** The lines of the header as it was, and as it leaves. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** What the mail told and no longer does. */
  readonly removed: readonly Leak[];
  /** What it still tells. */
  readonly left: readonly Leak[];
}

/**
 * Sanitises a mail and says what that has done.
 *
 * @errors as `sanitise`
 */
export const explain = (
  mail: Uint8Array,
  policy: SanitisePolicy,
  maker: Maker,
): Result<Explanation, SanitiseError> =>
  sanitise(mail, policy, maker).map((done) => {
    const left = new Set(done.leaks.map(factsOf));
    return {
      before: headLines(mail),
      after: headLines(done.mail),
      removed: findLeaks(mail, policy, maker).filter((leak) => !left.has(factsOf(leak))),
      left: done.leaks,
    };
  });

/** A leak wherever it is: sanitising may move parts. */
const factsOf = (leak: Leak): string => JSON.stringify({ ...leak, part: '' });

const headLines = (mail: Uint8Array): readonly string[] =>
  decodeLine(splitMail(mail).head)
    .split(/\r?\n/)
    .filter((line) => line !== '');
