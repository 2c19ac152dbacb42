/**
 * Line ends: LF in files, CRLF on the way.
 *
 * The convention of Maildir and mbox is LF. Only the pair CR LF becomes LF and back, and only where
 * no other CR stands before it, so a lone CR stays where it is and a mail comes back to the byte. A
 * mail with a lone LF would not: it stays as it is, which shows in its first line.
 * @module
 */

const CR = 0x0d;
const LF = 0x0a;

/** Each CRLF as LF; `CR CR LF` stays, since from LF alone its first CR would not come back. */
export const toLf = (mail: Uint8Array): Uint8Array => {
  const file = new Uint8Array(mail.length);
  let length = 0;
  for (let at = 0; at < mail.length; at++) {
    if (mail[at] === CR && mail[at + 1] === LF && mail[at - 1] !== CR) continue;
    file[length++] = mail[at] ?? 0;
  }
  return file.slice(0, length);
};

/** Each LF that has no CR before it as CRLF. */
export const toCrlf = (file: Uint8Array): Uint8Array => {
  let bare = 0;
  for (let at = file.indexOf(LF); at >= 0; at = file.indexOf(LF, at + 1)) {
    if (file[at - 1] !== CR) bare++;
  }
  const mail = new Uint8Array(file.length + bare);
  let length = 0;
  for (let at = 0; at < file.length; at++) {
    if (file[at] === LF && file[at - 1] !== CR) mail[length++] = CR;
    mail[length++] = file[at] ?? 0;
  }
  return mail;
};

/** A received mail as it lies in a file: with LF; as it is where a lone LF stands in it. */
export const toFile = (mail: Uint8Array): Uint8Array => (hasBareLf(mail) ? mail : toLf(mail));

/** The mail of which {@link toFile} made a file. */
export const fromFile = (file: Uint8Array): Uint8Array =>
  file[file.indexOf(LF) - 1] === CR ? file : toCrlf(file);

const hasBareLf = (mail: Uint8Array): boolean => {
  for (let at = mail.indexOf(LF); at >= 0; at = mail.indexOf(LF, at + 1)) {
    if (mail[at - 1] !== CR) return true;
  }
  return false;
};
