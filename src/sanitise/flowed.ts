/**
 * Text as it is meant: without the breaks and stuffing of `format=flowed` (RFC 3676), and with one
 * form for what programs write differently at its edges.
 * @module
 */

/** A line of flowed text: how deep it is quoted, and what it says without its stuffing. */
interface FlowedLine {
  readonly depth: number;
  readonly text: string;
}

/** The line above a signature; its space at the end is no soft break. */
const SIGNATURE = '-- ';

const LINE_END = /\r\n|\r|\n/;

const readLine = (line: string): FlowedLine => {
  const [quotes = ''] = /^>*/.exec(line) ?? [];
  const rest = line.slice(quotes.length);
  return { depth: quotes.length, text: rest.startsWith(' ') ? rest.slice(1) : rest };
};

const writeLine = ({ depth, text }: FlowedLine): string => {
  if (depth === 0) return text;
  return text === '' ? '>'.repeat(depth) : `${'>'.repeat(depth)} ${text}`;
};

const isSoft = (text: string): boolean => text.endsWith(' ') && text !== SIGNATURE;

/** Whole paragraphs, each as one line; `delSp` says that the space of a soft break is no space. */
export const unflow = (text: string, delSp: boolean): string => {
  const lines: string[] = [];
  let open: FlowedLine | undefined;
  for (const line of text.split(LINE_END).map(readLine)) {
    const isNew = line.text === SIGNATURE || open?.depth !== line.depth;
    if (open !== undefined && isNew) lines.push(writeLine(open).trimEnd());
    const before: string = open === undefined || isNew ? '' : open.text;
    const soft = isSoft(line.text);
    const said = before + (soft && delSp ? line.text.slice(0, -1) : line.text);
    open = soft ? { depth: line.depth, text: said } : undefined;
    if (!soft) lines.push(writeLine({ depth: line.depth, text: said }));
  }
  if (open !== undefined) lines.push(writeLine(open).trimEnd());
  return lines.join('\n');
};

/** A quoted line that says nothing: some programs leave a space behind its marks. */
const EMPTY_QUOTE = /^(>[> ]*) +$/gm;

/**
 * Text with LF ends and exactly one at its end; empty lines at its end and spaces behind empty
 * quotes say nothing and go.
 */
export const plainText = (text: string): string => {
  const lines = text.split(LINE_END);
  while (lines.length > 0 && (lines.at(-1) ?? '').trim() === '' && lines.at(-1) !== SIGNATURE) {
    lines.pop();
  }
  return lines.length === 0 ? '' : `${lines.join('\n').replace(EMPTY_QUOTE, trimQuote)}\n`;
};

const trimQuote = (line: string): string => line.trimEnd();
