/**
 * Line ends: nodemailer leaves those of a text as its caller wrote them.
 * @module
 */
const CR = 0x0d;
const LF = 0x0a;

/** The same with CR LF for every LF that has no CR before it. */
export const withCrlf = (mail: Uint8Array): Uint8Array => {
  const isBare = (byte: number, at: number): boolean => byte === LF && mail[at - 1] !== CR;
  const count = mail.reduce((sum, byte, at) => sum + (isBare(byte, at) ? 1 : 0), 0);
  const whole = new Uint8Array(mail.length + count);
  let to = 0;
  mail.forEach((byte, at) => {
    if (isBare(byte, at)) whole[to++] = CR;
    whole[to++] = byte;
  });
  return whole;
};
