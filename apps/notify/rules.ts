/**
 * Who is told of new mail: the tables `[[Notify]]` of a daemon's file.
 * @module
 */
import * as z from 'zod';
import { isLoopbackUrl } from '../../src/io/ip.js';
import { absolutePath, socketPath } from '../config/keys.js';

/** How one listener is told. */
export type NotifyRule = { readonly content: boolean } & (
  | { readonly kind: 'program'; readonly path: string; readonly words: readonly string[] }
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'webhook'; readonly url: string }
  | { readonly kind: 'desktop' }
);

const WAYS = ['Exec', 'Socket', 'Webhook', 'Desktop'] as const;

export const notifySchema = z
  .strictObject({
    Exec: z
      .tuple([absolutePath], z.string(), {
        error: 'must be a program by its absolute path, and its words',
      })
      .optional()
      .describe(
        'a program and its words, run for each notice without a shell; the notice is a line of ' +
          'JSON on its standard input',
      ),
    Socket: socketPath('a Unix socket, mode 0600, where each notice is a line of JSON').meta({
      usual: 'none',
      description: 'a Unix socket, mode 0600, where each notice is a line of JSON',
    }),
    Webhook: z
      .string()
      .refine(isLoopbackUrl, {
        error: 'must be http: or https: at a loopback address: notices tell when mail comes',
      })
      .optional()
      .describe('an address on loopback to which each notice is posted as a form'),
    Desktop: z.boolean().default(false).describe('a message on the desktop, by `notify-send`'),
    Content: z
      .boolean()
      .default(false)
      .describe('sender, subject and size as well; else only the account and how many'),
  })
  .refine(
    (rule) => WAYS.filter((way) => rule[way] !== undefined && rule[way] !== false).length === 1,
    { error: `must have exactly one of ${WAYS.join(', ')}` },
  );

export const ruleOf = (table: z.output<typeof notifySchema>): NotifyRule => {
  const { Exec, Socket, Webhook, Content: content } = table;
  if (Exec !== undefined) {
    const [path, ...words] = Exec;
    return { kind: 'program', path, words, content };
  }
  if (Socket !== undefined) return { kind: 'socket', path: Socket, content };
  return Webhook === undefined
    ? { kind: 'desktop', content }
    : { kind: 'webhook', url: Webhook, content };
};
