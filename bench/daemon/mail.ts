/**
 * Mails for a daemon to take.
 * @module
 */
import { ACCOUNT, FRIEND } from './site.js';

const LINE = `${'x'.repeat(70)}\r\n`;

/** As mail programs write them: each with an id of its own. */
export const mailOf = (bytes: number, number: number): string => {
  const id = `<${number}.${bytes}@bench.test>`;
  const head = `From: <${ACCOUNT}>\r\nTo: <${FRIEND}>\r\nMessage-ID: ${id}\r\nSubject: one of many\r\n\r\n`;
  return `${head}${LINE.repeat(Math.ceil((bytes - head.length) / LINE.length))}`;
};
