/** A plain socket to talk to a bridge line by line. */
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

export interface Talk {
  readonly socket: Socket;
  /** All text that has come so far. */
  heard(): string;
  /** Sends a line. */
  say(line: string): void;
  /** Waits until `pattern` is in what has come since the last match, and gives the match. */
  expect(pattern: RegExp): Promise<string>;
  /** Sends a line and waits for the one-line reply. */
  ask(line: string): Promise<string>;
  /** Resolves when the other side has ended. */
  ended(): Promise<void>;
}

/** Connects to `host:port` or `unix:/path`. */
export const talkTo = async (address: string): Promise<Talk> => {
  const [host = '', port = ''] = address.split(':');
  const socket = host === 'unix' ? connect(port) : connect(Number(port), host);
  await once(socket, 'connect');
  let heard = '';
  let seen = 0;
  const ended = once(socket, 'close').then(() => undefined);
  socket.setEncoding('latin1').on('data', (text: string) => (heard += text));
  socket.on('error', () => undefined);
  const expect = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const match = pattern.exec(heard.slice(seen));
      if (match !== null) {
        seen += match.index + match[0].length;
        return match[0];
      }
      const more = once(socket, 'data').then(() => true);
      if (!(await Promise.race([more, ended.then(() => false)]))) {
        throw new Error(`ended before ${pattern}: ${heard.slice(seen)}`);
      }
    }
  };
  const say = (line: string): void => void socket.write(`${line}\r\n`, 'latin1');
  const ask = (line: string): Promise<string> => {
    say(line);
    return expect(/^(?:\d{3}-[^\n]*\n)*[^\n]*\r\n/);
  };
  return { socket, heard: () => heard, say, expect, ask, ended: () => ended };
};
