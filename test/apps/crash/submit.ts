/** Handing in mail as programs do: by SMTP, and by the drop folder. */
import { connect, type Socket } from 'node:net';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dropFolderOf, type UserPlan } from '../../../apps/testnet/plan.js';

const PATIENCE_MS = 20_000;
const LOOK_MS = 20;

export interface Letter {
  readonly from: UserPlan;
  readonly to: string;
  readonly subject: string;
}

/** What the sender knows of a mail: `unsure` when the connection ended before the answer. */
export type Answer = 'accepted' | 'refused' | 'unsure';

const textOf = ({ from, to, subject }: Letter): string =>
  `From: ${from.account}\r\nTo: ${to}\r\nSubject: ${subject}\r\n\r\n${'x'.repeat(3000)}\r\n`;

/** Submits over SMTP; `refused` also when nobody listens. */
export const submitBySmtp = async (letter: Letter, password: string): Promise<Answer> => {
  const [host = '', port = ''] = letter.from.smtp.split(':');
  const socket = connect(Number(port), host);
  const replies = repliesOf(socket);
  const token = Buffer.from(`\0${letter.from.account}\0${password}`).toString('base64');
  const lines = [
    'EHLO test',
    `AUTH PLAIN ${token}`,
    `MAIL FROM:<${letter.from.account}>`,
    `RCPT TO:<${letter.to}>`,
    'DATA',
  ];
  try {
    let code = await replies.next();
    for (const line of lines) {
      if (!isGood(code)) return 'refused';
      socket.write(`${line}\r\n`);
      code = await replies.next();
    }
    if (!isGood(code)) return 'refused';
    socket.write(`${textOf(letter)}.\r\n`);
    code = await replies.next();
    if (code === undefined) return 'unsure';
    return isGood(code) ? 'accepted' : 'refused';
  } finally {
    socket.destroy();
  }
};

const isGood = (code: string | undefined): boolean => code !== undefined && /^[23]/.test(code);

/** The last line of each reply; `undefined` when the connection is over or nothing comes. */
const repliesOf = (socket: Socket): { next(): Promise<string | undefined> } => {
  let heard = '';
  let wake: () => void = () => undefined;
  let isOver = false;
  const end = (): void => {
    isOver = true;
    wake();
  };
  socket.setTimeout(PATIENCE_MS, end);
  socket.on('error', end).on('close', end);
  socket.setEncoding('latin1').on('data', (text: string) => {
    heard += text;
    wake();
  });
  const next = async (): Promise<string | undefined> => {
    for (;;) {
      const [whole, code] = /^(?:\d{3}-[^\n]*\n)*(\d{3}) [^\n]*\n/.exec(heard) ?? [];
      if (whole !== undefined) {
        heard = heard.slice(whole.length);
        return code;
      }
      if (isOver) return undefined;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  return { next };
};

/** Drops a file; accepted when it has gone from the folder, however often its daemon dies. */
export const submitByDrop = async (
  letter: Letter,
): Promise<{ readonly isGone: () => Promise<boolean> }> => {
  const folder = dropFolderOf(letter.from);
  const written = join(folder, 'tmp', letter.subject);
  const dropped = join(folder, 'new', letter.subject);
  await mkdir(join(folder, 'tmp'), { recursive: true });
  await writeFile(written, textOf(letter));
  await rename(written, dropped);
  const isGone = (): Promise<boolean> =>
    stat(dropped).then(
      () => false,
      () => true,
    );
  return { isGone };
};

/** Looks until `isDone`; false when it was not in time. */
export const eventually = async (
  isDone: () => Promise<boolean>,
  limitMs: number,
): Promise<boolean> => {
  for (let leftMs = limitMs; leftMs > 0; leftMs -= LOOK_MS) {
    if (await isDone()) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return isDone();
};
