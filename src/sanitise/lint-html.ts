/**
 * What an HTML text tells, and whom it asks when it is read.
 * @module
 */
import { type Leak, shown } from './leaks.js';

/** Attributes and styles that readers fetch without being asked. */
const REMOTE =
  /<(?:img|iframe|video|audio|source|embed|input|script|object|link)\b[^<>]{0,500}?\s(?:src|srcset|href|data|poster)\s*=\s*["']?\s*((?:https?:)?\/\/[^"'\s<>]{1,300})/gi;
const BACKGROUND = /\sbackground\s*=\s*["']?\s*((?:https?:)?\/\/[^"'\s<>]{1,300})/gi;
const STYLE = /\burl\(\s*["']?\s*((?:https?:)?\/\/[^"'\s<>)]{1,300})/gi;

const GENERATOR = /<meta\b[^<>]{0,300}\bgenerator\b[^<>]{0,300}>/i;

/** Marks by which programs know their own HTML again. */
const MARKS =
  /<o:p\b|\bMso(?:Normal|PlainText)\b|\bmoz-(?:cite-prefix|signature|forward-container|txt-)|\bgmail_(?:quote|default|signature|attr)\b|\bApple-(?:Mail|interchange|converted|tab)[\w-]*|\bBLOCKQUOTE[^<>]{0,20}type="?cite\b|\bprotonmail_|\byahoo_quoted\b|\bk9mail\b|\bzimbra\b/i;

/** Remote images and the like, and the names of programs. */
export const htmlLeaks = function* (html: string, part: string): Generator<Leak> {
  for (const pattern of [REMOTE, BACKGROUND, STYLE]) {
    for (const [, url = ''] of html.matchAll(pattern)) {
      yield { kind: 'remote-content', part, url: shown(url) };
    }
  }
  for (const pattern of [GENERATOR, MARKS]) {
    const text = pattern.exec(html)?.[0];
    if (text !== undefined) yield { kind: 'html-program', part, text: shown(text) };
  }
};
