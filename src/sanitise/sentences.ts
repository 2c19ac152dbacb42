/**
 * Why a mail was not sanitised, for the edges that say so to people.
 * @module
 */
import type { Unsanitisable } from './sanitise.js';

const PROBLEMS: Readonly<Record<Unsanitisable['problem'], string>> = {
  'no-boundary': 'nothing tells its parts apart',
  header: 'its header is malformed',
  'encoded-multipart': 'its parts are hidden by a transfer encoding',
  'transfer-encoding': 'its transfer encoding is unknown or broken',
  'too-complex': 'it has too many parts, too deep ones, or a header that is too long',
};

/** The end of a sentence that begins with "The mail" or the like. */
export const unsanitisableText = ({ part, problem }: Unsanitisable): string => {
  const where = part === '' ? '' : ` in part ${part}`;
  return `cannot be sanitised without breaking it${where}: ${PROBLEMS[problem]}`;
};
