/** A server for mail that only tests have: it keeps what it gets, and refuses some of it. */
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface Sink {
  readonly port: number;
  readonly mails: {
    readonly from: string;
    readonly to: readonly string[];
    readonly text: string;
  }[];
  readonly names: string[];
  readonly log: string[];
  /** What the next mail is answered with. */
  refusal: string | undefined;
  close(): Promise<void>;
}

const refuse = (code: number, text: string): Error =>
  Object.assign(new Error(text), { responseCode: code });

/** A server that keeps what it gets, and refuses some of it. */
export const openSink = async (
  options: Partial<SMTPServerOptions> = {},
  host = '127.0.0.1',
): Promise<Sink> => {
  const sink: Omit<Sink, 'port' | 'close'> = { mails: [], names: [], log: [], refusal: undefined };
  const server = new SMTPServer({
    name: 'upstream.test',
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    authOptional: true,
    allowInsecureAuth: true,
    logger: false,
    onAuth: ({ username = '', password = '' }, _, callback) => {
      sink.log.push(`auth ${username}`);
      const isRight = username === 'me' && password === 'secret';
      callback(isRight ? null : refuse(535, '5.7.8 no'), { user: username });
    },
    onRcptTo: ({ address }, _, callback) =>
      callback(address.startsWith('nobody') ? refuse(550, '5.1.1 who is nobody?') : null),
    onData: (stream, session, callback) => {
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        sink.names.push(session.hostNameAppearsAs);
        if (sink.refusal !== undefined) {
          callback(refuse(554, sink.refusal));
          return;
        }
        sink.mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          text: Buffer.concat(pieces).toString('utf8'),
        });
        callback(null, 'kept as 17');
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, host, () => resolve()));
  const bound = server.server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return Object.assign(sink, {
    port,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  });
};
