/**
 * What a text tells by the way.
 * @module
 */
import { type Leak, shown } from './leaks.js';

/** Longest line that is looked at. */
const MAX_LINE = 2000;
/** Lines of one text that are looked at. */
const MAX_LINES = 20_000;

/** Words that end the line above a quotation, in the languages of mail programs. */
const WROTE =
  /\b(?:wrote|writes|schrieb|schreibt|a écrit|escribió|escreveu|scrisse|ha scritto|skrev|kirjoitti|schreef|napisał|napsal|írta|yazdı|написал|пише|пишет)\b|写道|さん[はが]|のメール/iu;
const TIME = /\b\d{1,2}[:.]\d{2}\b|\b(?:19|20)\d{2}\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b/;
/** The head of a quotation as Outlook writes it, in any language: a field with a date and a time. */
const SENT =
  /^[>\s*]*(?:Sent|Date|Gesendet|Datum|Envoyé|Enviado|Inviato|Verzonden|Skickat|Отправлено|发送时间|送信日時)\s*[:：].*\d/iu;

const PATH =
  /(?:(?<![\w.~-])(?:\/home\/|\/Users\/|\/export\/home\/)|\b[A-Z]:\\(?:Users|Documents and Settings)\\)([^\s/\\"'<>|:;,]{1,64})/u;

const DEVICE =
  /^\W*(?:sent|posted) (?:from|via|with|using) |\bget outlook for\b|gesendet\b.{0,20}\b(?:von|mit|meinem)\b|\bvon meinem\b.{0,40}\bgesendet\b|\benvoyé (?:de|depuis)\b|\benviado (?:desde|do|de) |\binviato da\b|\bskickat från\b|发自我的|から送信/iu;

/** What is longer is a sentence of somebody. */
const MAX_DEVICE_LINE = 100;

const SIGNATURE = /^-- ?$/;
const PHONE = /(?:\+|\b00|\(0|\b0)\d[\d\s()/.-]{6,18}\d\b/;

const isQuoted = (line: string): boolean => line.startsWith('>');

/** The line above a quotation, with the one before it where a program has cut it in two. */
const attributionOf = (line: string, before: string): string | undefined => {
  if (SENT.test(line)) return line;
  if (!/[:：]\s*$/.test(line)) return undefined;
  const isCut = before.trim() !== '' && !/[.!?]\s*$/.test(before) && !isQuoted(before);
  const whole = TIME.test(line) || !isCut ? line : `${before} ${line}`;
  return WROTE.test(whole) && TIME.test(whole) ? whole : undefined;
};

/** What the lines of the sender's own tell; of quotations only the paths. */
export const textLeaks = function* (text: string, part: string): Generator<Leak> {
  let signed = false;
  let before = '';
  for (const full of text.split(/\r\n|\r|\n/, MAX_LINES)) {
    const line = full.slice(0, MAX_LINE);
    signed ||= SIGNATURE.test(line);
    const path = PATH.exec(line)?.[0];
    if (path !== undefined) yield { kind: 'path', part, path: shown(path) };
    if (!isQuoted(line)) yield* ownLeaks(line, before, { part, signed });
    before = line;
  }
};

const ownLeaks = function* (
  line: string,
  before: string,
  { part, signed }: { readonly part: string; readonly signed: boolean },
): Generator<Leak> {
  const attribution = attributionOf(line, before);
  if (attribution !== undefined) yield { kind: 'attribution', part, line: shown(attribution) };
  if (line.length < MAX_DEVICE_LINE && DEVICE.test(line)) {
    yield { kind: 'device-line', part, line: shown(line) };
  }
  if (signed && PHONE.test(line)) yield { kind: 'phone', part, line: shown(line) };
};
