/**
 * One mail of nodemailer's to the client: its envelope, its bytes, its abort signal.
 * @module
 */
import type { Address, MixClient, SendOptions, Sent } from '../../src/index.js';
import { failureOf } from './failures.js';
import { withCrlf } from './line-ends.js';

export interface MixTransportOptions {
  readonly client: Pick<MixClient, 'send'>;
  /** Who sends; where it is absent, the sender of each mail, who then is one of the accounts. */
  readonly account?: string;
  readonly reliability?: SendOptions['reliability'];
}

/** What nodemailer hands to a transport, as far as we look at it. */
export interface ComposedMail {
  readonly data: { readonly signal?: AbortSignal | undefined };
  readonly message: {
    getEnvelope(): { readonly from: string | false; readonly to: readonly string[] };
    messageId(): string;
    /** The whole mail, without Bcc. */
    build(): Promise<Uint8Array>;
  };
}

/** What `sendMail` gives when every recipient's copy is queued, durably. */
export interface MixSentInfo {
  envelope: { from: string | false; to: string[] };
  /** As the mail has it when it is handed in; what leaves may say another, or none. */
  messageId: string;
  accepted: string[];
  /** None: a mail is queued for all, or for none and then it is an error. */
  rejected: string[];
  /** Each recipient's id in the outbox and in events. */
  sent: readonly Sent[];
  [key: string]: unknown;
}

/** To be given to `nodemailer.createTransport`. */
export interface MixTransport {
  readonly name: string;
  readonly version: string;
  readonly supportsAbortSignal: true;
  send(mail: ComposedMail, callback: (error: Error | null, info: MixSentInfo) => void): void;
}

/**
 * A transport over a client. Errors are {@link TransportError}s.
 *
 * @example
 * ```ts
 * const mailer = createTransport(mixTransport({ client, account: 'alice@provider.example' }));
 * await mailer.sendMail({ to: 'bob@provider.example', subject: 'Hello', text: 'It works.' });
 * ```
 */
export const mixTransport = (options: MixTransportOptions): MixTransport => ({
  name: 'postern',
  // Of this interface: nodemailer writes it into its own log only.
  version: '1',
  supportsAbortSignal: true,
  send: (mail, callback) => {
    deliver(options, mail).then(
      (info) => callback(null, info),
      (error: unknown) => (callback as (error: unknown) => void)(error),
    );
  },
});

/** Rejects with a {@link TransportError}, or with what nodemailer has thrown on the way. */
const deliver = async (
  { client, account, reliability }: MixTransportOptions,
  { data, message }: ComposedMail,
): Promise<MixSentInfo> => {
  const envelope = message.getEnvelope();
  const [from, to] = [account ?? (envelope.from || ''), [...envelope.to]];
  if (to.length === 0) throw failureOf({ kind: 'no-recipient' });
  const mail = withCrlf(await message.build());
  const sent = await client.send({
    ...{ account: from, to, mail },
    ...(reliability ? { reliability } : {}),
    ...(data.signal ? { signal: data.signal } : {}),
  });
  return sent.match(
    (all) => infoOf(message, all, { from, to }),
    (error) => {
      throw failureOf(error);
    },
  );
};

const infoOf = (
  message: ComposedMail['message'],
  sent: readonly Sent[],
  envelope: MixSentInfo['envelope'],
): MixSentInfo => ({
  envelope,
  messageId: message.messageId(),
  accepted: sent.map(({ recipient }): Address => recipient),
  rejected: [],
  sent,
});
