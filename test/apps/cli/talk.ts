/** A mail program of a few lines. */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/** Says lines to a mail listener and gives the first words of the answers. */
export const talk = async (address = '', lines: readonly string[]): Promise<readonly string[]> => {
  const [host, port] = address.split(':');
  const socket = connect(Number(port), host);
  const answers = createInterface(socket)[Symbol.asyncIterator]();
  const heard: string[] = [];
  await answers.next();
  for (const line of lines) {
    socket.write(`${line}\r\n`);
    let answer = '';
    do answer = String((await answers.next()).value);
    while (/^\d{3}-/.test(answer));
    heard.push(answer.split(' ')[0] ?? '');
  }
  socket.destroy();
  return heard;
};

/** The word of AUTH PLAIN. */
export const plain = (user: string, password = ''): string =>
  Buffer.from(`\0${user}\0${password}`).toString('base64');
