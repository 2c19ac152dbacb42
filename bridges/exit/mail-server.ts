/**
 * Exits to a mail server or delivery agent of this machine, by SMTP or LMTP: a connection for each mail.
 * @module
 */
import * as z from 'zod';
import { onAbort } from '../../src/io/abort.js';
import { parseAddress } from '../../src/io/address.js';
import { isLoopback } from '../../src/io/ip.js';
import type { Io } from '../../src/index.js';
import { Conversation } from './conversation.js';
import { later, type ExitModule, type ExitResult } from './contracts.js';
import { maximumSize, sizeOf, timeout } from './section.js';
import { transact, type Transaction } from './transaction.js';

/** One mailbox as envelopes have it; without a domain it is one of the server's own. */
const MAILBOX = /^[!-~]+$/;
const SEPARATORS = /[<>(),;]/;
const NULL_SENDER = '<>';

const isMailbox = (text: string): boolean => MAILBOX.test(text) && !SEPARATORS.test(text);

const isHere = (text: string): boolean => {
  const address = parseAddress(text);
  return address?.kind === 'tcp'
    ? address.port > 0 && isLoopback(address.host)
    : address !== undefined;
};

const section = z.strictObject({
  Address: z
    .string()
    .refine(isHere, {
      error:
        'must be a loopback address and a port, such as 127.0.0.1:25, or unix: and an absolute path ' +
        'of at most 103 bytes: mail passes here in clear',
    })
    .describe(
      'where the server is: on loopback, or `unix:/path`; 2xx to the mail: it has it; 5xx: never; any ' +
        'other answer, and none: try again',
    ),
  To: z
    .string()
    .refine(isMailbox, { error: 'must be one address in ASCII, without a name or brackets' })
    .describe('the recipient there'),
  From: z
    .string()
    .refine((text) => text === NULL_SENDER || isMailbox(text), {
      error: 'must be <>, or one address in ASCII, without a name or brackets',
    })
    .default(NULL_SENDER)
    .describe('the sender there, who hears of what the server fails with later; `<>`: nobody'),
  Timeout: timeout('given up'),
  MaximumSize: maximumSize,
});

type Section = z.output<typeof section>;

const exitTo = (name: string, protocol: Transaction['protocol']) =>
  ({
    name,
    section,
    open: ({ Address: address, To: to, From: from, Timeout: seconds, MaximumSize: size }, io) => ({
      advertised: sizeOf(size),
      deliver: ({ bytes: mail }, signal) => {
        const sender = from === NULL_SENDER ? '' : from;
        const transaction: Transaction = { protocol, from: sender, to, mail };
        return deliver(io, { address, transaction, limitMs: seconds * 1000 }, signal);
      },
    }),
  }) satisfies ExitModule<Section>;

/** Who takes mail here, such as Postfix. */
export const smtpExit = exitTo('smtp', 'smtp');

/** Who delivers it, such as Dovecot: RFC 2033. */
export const lmtpExit = exitTo('lmtp', 'lmtp');

interface Attempt {
  readonly address: string;
  readonly transaction: Transaction;
  readonly limitMs: number;
}

/** What the server has decided stays decided; without that, the end of our time is the reason. */
const deliver = async (
  { network, clock }: Pick<Io, 'network' | 'clock'>,
  { address, transaction, limitMs }: Attempt,
  signal: AbortSignal,
): Promise<ExitResult> => {
  const over = new AbortController();
  const ending = AbortSignal.any([signal, over.signal]);
  const isLate = clock.sleep(limitMs, ending).then(() => !ending.aborted);
  void isLate.then(() => over.abort());
  const result = await network.dial(address, ending).match(
    async (duplex) => {
      const forget = onAbort(ending, () => duplex.destroy());
      const conversation = new Conversation({ duplex, clock });
      const said = await transact(conversation, transaction);
      await conversation.close();
      forget();
      return said;
    },
    ({ reason }) => Promise.resolve(later(`it cannot be reached: ${reason}`)),
  );
  over.abort();
  if (result.kind !== 'retry') return result;
  if (await isLate) return later('timeout');
  return signal.aborted ? later('aborted') : result;
};
