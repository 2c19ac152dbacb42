/**
 * Subjects: one spelling of "reply" and "forward", whatever language a mail program speaks.
 * @module
 */

/** Marks of a reply; longest first where one begins another. */
const REPLY =
  're|aw|antw|antwort|sv|vs|odp|rif|ynt|res|atb|vá|ответ|отв|回复|回覆|答复|答覆|回信|返信|답장|תגובה|رد';
/** Marks of a mail that is passed on. */
const FORWARD =
  'fwd|fw|wg|tr|rv|enc|vl|vb|doorst|pd|továbbítás|továb|пересл|转发|轉寄|転送|전달|הועבר|إعادة توجيه';

/** A mark with the count that some programs add (`Re[2]:`), and its ASCII or wide colon. */
const MARK = new RegExp(
  `^(?:(${REPLY})|(${FORWARD}))(?:\\[\\d{1,3}\\]|\\(\\d{1,3}\\))?\\s*[:：]\\s*`,
  'iu',
);

/** Marks that are looked at; so many nobody writes. */
const MAX_MARKS = 50;

/**
 * A subject with all its marks in front as `Re: ` or `Fwd: `, each kind once in a row.
 *
 * Source: the subject words of mail programs, as collected by RFC 5256 §2.1 and their translations
 */
export const normaliseSubject = (subject: string): string => {
  const marks: string[] = [];
  let rest = subject.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  for (let match = MARK.exec(rest); match !== null && marks.length < MAX_MARKS;) {
    const mark = match[1] === undefined ? 'Fwd: ' : 'Re: ';
    if (marks.at(-1) !== mark) marks.push(mark);
    rest = rest.slice(match[0].length);
    match = MARK.exec(rest);
  }
  return `${marks.join('')}${rest}`.trim();
};
