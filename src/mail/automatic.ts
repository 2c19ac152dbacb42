/**
 * Mail that no person wrote: a report about it would be a report about a report.
 * @module
 */
import { findAll, type HeaderLine, readHead } from './header.js';

const NULL_PATH = '<>';
const REPORT_TYPE = /^multipart\/report\b/i;

const isValue = (lines: readonly HeaderLine[], test: (value: string) => boolean): boolean =>
  lines.some(({ value }) => test(value.trim()));

/**
 * Whether a mail is a report, or an answer of a machine. What has no header is neither.
 *
 * Source: RFC 5321 §4.5.5 on null reverse-paths, RFC 3834 §5 on `Auto-Submitted`
 */
export const isAutomatic = (mail: Uint8Array): boolean =>
  readHead(mail)
    .map(
      (head) =>
        isValue(findAll(head, 'Return-Path'), (value) => value === NULL_PATH) ||
        isValue(findAll(head, 'Auto-Submitted'), (value) => !/^no\b/i.test(value)) ||
        isValue(findAll(head, 'Content-Type'), (value) => REPORT_TYPE.test(value)),
    )
    .unwrapOr(false);
