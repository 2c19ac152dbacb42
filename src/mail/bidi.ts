/**
 * The Bidi rule of RFC 5893 §2 for names.
 *
 * Regular expressions know no directional classes, so they are derived from scripts: letters of
 * right-to-left blocks count as R, all other letters as L, marks as NSM. For characters that the
 * IdentifierClass admits this agrees with the Unicode database.
 * @module
 */

type Direction = 'L' | 'R' | 'AN' | 'EN' | 'NSM' | 'neutral';

/** Blocks that Unicode sets aside for right-to-left scripts. */
const RIGHT_TO_LEFT =
  /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const MARK = /\p{Mn}/u;
const ARABIC_DIGIT = /[\u0660-\u0669\u066b\u066c\u06dd\u{10e60}-\u{10e7e}]/u;
const EUROPEAN_DIGIT = /[0-9\u06f0-\u06f9]/u;
const LETTER_LIKE = /[\p{L}\p{Mc}\p{Nd}]/u;

const directionOf = (char: string): Direction => {
  if (MARK.test(char)) return 'NSM';
  if (ARABIC_DIGIT.test(char)) return 'AN';
  if (EUROPEAN_DIGIT.test(char)) return 'EN';
  if (RIGHT_TO_LEFT.test(char)) return 'R';
  return LETTER_LIKE.test(char) ? 'L' : 'neutral';
};

/** Whether a name reads the same way whatever surrounds it; names without R or AN always do. */
export const isBidiName = (name: string): boolean => {
  const directions = Array.from(name, directionOf);
  if (!directions.some((direction) => direction === 'R' || direction === 'AN')) return true;
  const last = directions.findLast((direction) => direction !== 'NSM');
  return directions[0] === 'R'
    ? isRightToLeft(directions, last)
    : directions[0] === 'L' && isLeftToRight(directions, last);
};

/** Conditions 2 to 4. */
const isRightToLeft = (directions: readonly Direction[], last: Direction | undefined): boolean =>
  !directions.includes('L') &&
  (last === 'R' || last === 'EN' || last === 'AN') &&
  !(directions.includes('EN') && directions.includes('AN'));

/** Conditions 5 and 6. */
const isLeftToRight = (directions: readonly Direction[], last: Direction | undefined): boolean =>
  !directions.includes('R') && !directions.includes('AN') && (last === 'L' || last === 'EN');
