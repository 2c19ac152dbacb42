/** Letters, and handing them in as programs do: by SMTP, and by the drop folder. */
import { rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { dropFolderOf, type UserPlan } from '../../../apps/testnet/plan.js';
import { eventually } from './eventually.js';

const PATIENCE_MS = 60_000;

/** Two blocks of a test network. */
export const BODY = `${'x'.repeat(72)}\n`.repeat(40);

export interface Letter {
  readonly from: UserPlan;
  readonly to: string;
  /** A name that no other letter has. */
  readonly subject: string;
}

/** What the sender knows: `unsure` when the connection ended before the answer to the mail. */
export type Answer = 'accepted' | 'refused' | 'unsure';

const textOf = ({ from, to, subject }: Letter): string =>
  `From: ${from.account}\nTo: ${to}\nSubject: ${subject}\n\n${BODY}`;

/** Submits over SMTP, again and again until the daemon is there to answer. */
export const submitBySmtp = async (letter: Letter, password: string): Promise<Answer> => {
  let answer: Answer = 'refused';
  await eventually(async () => {
    answer = await submitOnce(letter, password);
    return answer !== 'refused';
  }, PATIENCE_MS);
  return answer;
};

const submitOnce = ({ from, to, ...rest }: Letter, password: string): Promise<Answer> => {
  const [host, port] = from.smtp.split(':');
  const transport = createTransport({
    host,
    port: Number(port),
    auth: { user: from.account, pass: password },
    ignoreTLS: true,
  });
  const envelope = { from: from.account, to };
  return transport.sendMail({ envelope, raw: textOf({ from, to, ...rest }) }).then(
    (): Answer => 'accepted',
    (error: unknown): Answer => (isRefusal(error) ? 'refused' : 'unsure'),
  );
};

/** Nobody was there, or somebody said no. */
const isRefusal = (error: unknown): boolean =>
  error instanceof Error &&
  (('syscall' in error && error.syscall === 'connect') || 'responseCode' in error);

/** Drops a file; its daemon has accepted it when it has gone from the folder. */
export const submitByDrop = async (letter: Letter): Promise<Answer> => {
  const folder = dropFolderOf(letter.from);
  const written = join(folder, 'tmp', letter.subject);
  const dropped = join(folder, 'new', letter.subject);
  await writeFile(written, textOf(letter));
  await rename(written, dropped);
  const isGone = await eventually(() => isMissing(dropped), PATIENCE_MS);
  return isGone ? 'accepted' : 'refused';
};

const isMissing = (path: string): Promise<boolean> =>
  stat(path).then(
    () => false,
    () => true,
  );
