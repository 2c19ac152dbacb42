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
  /(?:\/home\/|\/Users\/|\/export\/home\/|\b[A-Z]:\\(?:Users|Documents and Settings)\\)([^\s/\\"'<>|:;,]{1,64})/u;

const DEVICE =
  /\b(?:sent|posted) (?:from|via|with|using) |\bget outlook for\b|gesendet\b.{0,20}\b(?:von|mit|meinem)\b|\bvon meinem\b.{0,40}\bgesendet\b|\benvoyé (?:de|depuis)\b|\benviado (?:desde|do|de) |\binviato da\b|\bskickat från\b|发自我的|から送信/iu;

const SIGNATURE = /^-- ?$/;
const PHONE = /(?:\+|\b00|\(0|\b0)\d[\d\s()/.-]{6,18}\d\b/;

const isQuoted = (line: string): boolean => line.startsWith('>');

/** Lines of the sender's own and of quotations, with what they tell. */
export const textLeaks = function* (text: string, part: string): Generator<Leak> {
  let signed = false;
  const lines = text.split(/\r\n|\r|\n/, MAX_LINES);
  for (const [at, full] of lines.entries()) {
    const line = full.slice(0, MAX_LINE);
    signed ||= SIGNATURE.test(line);
    // Programs wrap the line; whoever reads it reads it whole.
    const joined = `${line} ${(lines[at + 1] ?? '').slice(0, MAX_LINE)}`;
    const isAttribution = /[:：]\s*$/.test(line) || /[:：]\s*$/.test(joined);
    const names = WROTE.test(line) && isAttribution && TIME.test(joined);
    const path = PATH.exec(line)?.[0];
    if (!isQuoted(line) && (names || SENT.test(line))) {
      yield { kind: 'attribution', part, line: shown(line) };
    }
    if (path !== undefined) yield { kind: 'path', part, path: shown(path) };
    if (isQuoted(line)) continue;
    if (DEVICE.test(line) && line.length < 100) {
      yield { kind: 'device-line', part, line: shown(line) };
    }
    if (signed && PHONE.test(line)) yield { kind: 'phone', part, line: shown(line) };
  }
};
