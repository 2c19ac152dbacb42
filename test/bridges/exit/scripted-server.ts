/** A mail server that only tests have: it says what it is told to, and is strict in what it takes. */
import { createServer, type Server, type Socket } from 'node:net';

/** Something that a server replies to; `content`: the first bytes of a mail, `end`: all of them. */
export type Cue =
  'greeting' | 'EHLO' | 'HELO' | 'LHLO' | 'MAIL' | 'RCPT' | 'DATA' | 'content' | 'end' | 'QUIT';

/** What it says, with line ends. Behind half a line, and where that is nothing, it leaves. */
export type Script = Partial<Record<Cue, string>>;

export interface ScriptedServer {
  /** As an exit has it. */
  readonly address: string;
  script: Script;
  /** The commands that came, of all connections. */
  readonly commands: readonly string[];
  /** The mails that it has said, in whole lines, that it has. */
  readonly mails: readonly Uint8Array[];
  /** How many connections are open. */
  readonly open: () => number;
  close(): Promise<void>;
}

export interface ServerOptions {
  readonly protocol: 'smtp' | 'lmtp';
  /** Offered beside SIZE and 8BITMIME; default CHUNKING. */
  readonly offer?: string;
  /** Path of a Unix socket; default a port of loopback. */
  readonly path?: string;
}

/** In a script: it says nothing, and stays. */
export const SILENCE = 'silence';

const repliesOf = ({ protocol, offer = 'CHUNKING' }: ServerOptions): Script => {
  const greeted = `250-x.test greets you\r\n250-SIZE 1000000\r\n250-8BITMIME\r\n250 ${offer}\r\n`;
  const unknown = '500 5.5.1 unknown\r\n';
  return {
    greeting: '220 x.test ready\r\n',
    EHLO: protocol === 'smtp' ? greeted : unknown,
    LHLO: protocol === 'lmtp' ? greeted : unknown,
    HELO: protocol === 'smtp' ? '250 x.test\r\n' : unknown,
    DATA: '354 go on\r\n',
    content: SILENCE,
    end: '250 2.0.0 kept\r\n',
    QUIT: '221 2.0.0 bye\r\n',
  };
};

const TAKEN = '250 2.1.0 fine\r\n';

/** What is being read: commands, lines of a mail, so many octets of one, or nothing any more. */
type Mode = 'command' | 'data' | 'over' | number;

interface Session {
  readonly socket: Socket;
  /** In latin1, where each letter is a byte. */
  held: string;
  mode: Mode;
}

/** @returns what was said */
type Say = (cue: Cue) => string;

interface Kept {
  readonly commands: string[];
  readonly mails: Uint8Array[];
}

export const startScripted = async (options: ServerOptions): Promise<ScriptedServer> => {
  const sockets = new Set<Socket>();
  const kept: Kept = { commands: [], mails: [] };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    const session: Session = { socket, held: '', mode: 'command' };
    const say: Say = (cue) => {
      const text = scripted.script[cue] ?? repliesOf(options)[cue] ?? TAKEN;
      if (text === SILENCE) return text;
      socket.write(text, 'latin1');
      if (!text.endsWith('\n')) socket.destroySoon();
      return text;
    };
    say('greeting');
    socket.on('end', () => {
      if (scripted.script.QUIT !== SILENCE) socket.end();
    });
    socket.on('data', (bytes) => {
      session.held += bytes.toString('latin1');
      while (advance(session, kept, say));
    });
  });
  const address = await listen(server, options.path);
  const scripted: ScriptedServer = {
    address,
    script: {},
    ...kept,
    open: () => sockets.size,
    close: () =>
      new Promise((closed) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => closed());
      }),
  };
  return scripted;
};

const listen = async (server: Server, path: string | undefined): Promise<string> => {
  await new Promise<void>((ready) =>
    path === undefined ? server.listen(0, '127.0.0.1', ready) : server.listen(path, ready),
  );
  const bound = server.address();
  if (typeof bound === 'string') return `unix:${bound}`;
  return `127.0.0.1:${bound?.port ?? 0}`;
};

/** Takes one thing off what is held. @returns whether there was one */
const advance = (session: Session, kept: Kept, say: Say): boolean => {
  const { mode, held } = session;
  if (mode !== 'command') return takeContent(session, mode, kept, say);
  const end = held.indexOf('\r\n');
  if (end < 0) return false;
  const line = held.slice(0, end);
  session.held = held.slice(end + 2);
  kept.commands.push(line);
  const verb = line.slice(0, 4);
  if (verb === 'BDAT') {
    session.mode = Number(/^BDAT (\d+) LAST$/.exec(line)?.[1]);
    return true;
  }
  if (!isCue(verb)) throw new Error(`not understood: ${line}`);
  const said = say(verb);
  if (said.startsWith('354')) session.mode = 'data';
  if (verb === 'QUIT' && said !== SILENCE) session.socket.end();
  return true;
};

const CUES = ['EHLO', 'HELO', 'LHLO', 'MAIL', 'RCPT', 'DATA', 'QUIT'] as const;

const isCue = (verb: string): verb is (typeof CUES)[number] => CUES.some((cue) => cue === verb);

const takeContent = (
  session: Session,
  mode: Exclude<Mode, 'command'>,
  { mails }: Kept,
  say: Say,
): boolean => {
  const { held } = session;
  if (mode === 'over') return false;
  if (held !== '' && say('content') !== SILENCE) {
    session.mode = 'over';
    session.socket.end();
    return false;
  }
  // The line end of DATA's own reply counts as the one in front of the dot.
  const length = mode === 'data' ? `\r\n${held}`.indexOf('\r\n.\r\n') : mode;
  if (length < 0 || held.length < length) return false;
  const content = held.slice(0, length);
  const mail = mode === 'data' ? content.replace(/(^|\r\n)\./g, '$1') : content;
  session.held = held.slice(mode === 'data' ? length + '.\r\n'.length : length);
  session.mode = 'command';
  if (/^2[^]*\n$/.test(say('end'))) mails.push(new Uint8Array(Buffer.from(mail, 'latin1')));
  return true;
};
