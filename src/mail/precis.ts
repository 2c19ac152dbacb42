/**
 * User names: PRECIS UsernameCaseMapped and UsernameCasePreserved (RFC 8265 §3).
 *
 * The IdentifierClass of RFC 8264 is computed from the Unicode properties that regular expressions
 * know. These have no joining types, so the two joiners, which would need them, are refused.
 * @module
 */
import { isBidiName } from './bidi.js';

/** Any printable ASCII character is allowed (RFC 8264 §9.11). */
const ASCII_NAME = /^[\x21-\x7e]+$/;

/** Full-width and half-width forms with a narrow or wide equivalent; half-width jamo stay refused. */
const WIDE_FORMS = /[\uff01-\uff9f\uffe0-\uffee]/gu;

/** Letters, marks and decimal digits (RFC 8264 §9.1), and the exceptions of §9.6. */
const LETTER_OR_DIGIT = /^[\p{Ll}\p{Lu}\p{Lo}\p{Nd}\p{Lm}\p{Mn}\p{Mc}]$/u;
const ALLOWED_EXCEPTION = /^[\u00df\u03c2\u06fd\u06fe\u0f0b\u3007]$/u;
const REFUSED_EXCEPTION = /^[\u0640\u07fa\u302e\u302f\u3031-\u3035\u303b]$/u;

/** Old Hangul jamo (§9.9), then what is invisible or no character (§9.13). */
const OLD_JAMO = /^[\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]$/u;
const IGNORABLE = /^[\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]$/u;

const GREEK = /^\p{Script=Greek}$/u;
const HEBREW = /^\p{Script=Hebrew}$/u;
const KANA_OR_HAN = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u;
const ARABIC_INDIC = /[\u0660-\u0669]/u;
const EXTENDED_ARABIC_INDIC = /[\u06f0-\u06f9]/u;

/**
 * The normal form of a user name; idempotent.
 *
 * @returns `undefined` when a character, their context or their direction is not allowed
 */
export const normaliseName = (name: string, caseSensitive: boolean): string | undefined => {
  const narrow = name.replace(WIDE_FORMS, (char) => char.normalize('NFKC'));
  const cased = caseSensitive ? narrow : narrow.toLowerCase();
  const normal = cased.normalize('NFC');
  if (ASCII_NAME.test(normal)) return normal;
  return normal !== '' && isIdentifier(Array.from(normal)) && isBidiName(normal)
    ? normal
    : undefined;
};

const isIdentifier = (chars: readonly string[]): boolean =>
  chars.every((char, at) => isAllowed(char) || fitsContext(chars, at));

const isAllowed = (char: string): boolean => {
  if (ALLOWED_EXCEPTION.test(char) || ASCII_NAME.test(char)) return true;
  if (REFUSED_EXCEPTION.test(char) || OLD_JAMO.test(char) || IGNORABLE.test(char)) return false;
  if (ARABIC_INDIC.test(char) || EXTENDED_ARABIC_INDIC.test(char)) return false;
  return char.normalize('NFKC') === char && LETTER_OR_DIGIT.test(char);
};

/** Characters that are allowed in some company only (RFC 5892 appendix A). */
const fitsContext = (chars: readonly string[], at: number): boolean => {
  const before = chars[at - 1] ?? '';
  const char = chars[at] ?? '';
  switch (char) {
    case '\u00b7':
      return before === 'l' && chars[at + 1] === 'l';
    case '\u0375':
      return GREEK.test(chars[at + 1] ?? '');
    case '\u05f3':
    case '\u05f4':
      return HEBREW.test(before);
    case '\u30fb':
      return KANA_OR_HAN.test(chars.join(''));
    default:
      return fitsDigits(char, chars.join(''));
  }
};

/** The two series of Arabic digits do not mix. */
const fitsDigits = (char: string, name: string): boolean =>
  (ARABIC_INDIC.test(char) && !EXTENDED_ARABIC_INDIC.test(name)) ||
  (EXTENDED_ARABIC_INDIC.test(char) && !ARABIC_INDIC.test(name));
