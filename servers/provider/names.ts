/**
 * User names, as links and packets carry them.
 *
 * New names are restricted to characters on which every version of the case-mapping profile agrees,
 * so folding ASCII letters is all that matching takes.
 * @module
 */
import { fromUtf8 } from '../../src/bytes/text.js';
import { unpadded } from '../../src/bytes/writer.js';

/** A user's name in its one spelling. */
export type UserName = string;

const NAME = /^[a-z0-9._+-]{1,64}$/;

/** The one spelling of a name; `undefined` when nobody can have it. */
export const userName = (text: string): UserName | undefined => {
  const name = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return NAME.test(name) ? name : undefined;
};

/** The name in a recipient field (zero-padded) or in a link's additional data. */
export const userNameOf = (field: Uint8Array): UserName | undefined =>
  userName(fromUtf8(unpadded(field)));
