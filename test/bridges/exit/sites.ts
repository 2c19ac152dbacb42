/** Places for the exits of this machine to be tried in. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromFile } from '../../../bridges/files/line-ends.js';
import type { ExitAnswer, ExitSite } from '../../../testkit/exit-module.js';
import { SILENCE, startScripted, type Script } from './scripted-server.js';

const makeFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'exit-'));

const filesIn = async (folder: string): Promise<readonly Uint8Array[]> => {
  const names = await readdir(folder).catch(() => []);
  return Promise.all(
    names.sort().map(async (name) => new Uint8Array(await readFile(join(folder, name)))),
  );
};

/** A file that lies where the Maildir should be is in its way. */
export const maildirSite = async (): Promise<ExitSite> => {
  const folder = await makeFolder();
  const box = join(folder, 'box');
  return {
    section: { Path: box },
    answer: (how) => (how === 'ok' ? rm(box) : writeFile(box, '')),
    delivered: async () => (await filesIn(join(box, 'new'))).map(fromFile),
    dispose: () => rm(folder, { recursive: true }),
  };
};

const PROGRAM = `#!/bin/sh
case "$(cat "$1/answer")" in
  retry) exit 75 ;;
  no-retry) exit 65 ;;
  silence) sleep 600 ;;
esac
exec cat >"$1/out/$(ls "$1/out" | wc -l)"
`;

export const execSite = async (): Promise<ExitSite> => {
  const folder = await makeFolder();
  const program = join(folder, 'take');
  // Renamed into place: a program at work must not read an empty file, which says `ok`.
  const answer = async (how: ExitAnswer): Promise<void> => {
    await writeFile(join(folder, 'answer.new'), how);
    await rename(join(folder, 'answer.new'), join(folder, 'answer'));
  };
  await mkdir(join(folder, 'out'));
  await answer('ok');
  await writeFile(program, PROGRAM);
  await chmod(program, 0o700);
  return {
    section: { Command: [program, folder] },
    answer,
    delivered: () => filesIn(join(folder, 'out')),
    dispose: () => rm(folder, { recursive: true }),
  };
};

const STATUS: Readonly<Record<Exclude<ExitAnswer, 'silence'>, number>> = {
  ok: 204,
  retry: 503,
  'no-retry': 400,
};

export const webhookSite = async (): Promise<ExitSite> => {
  const taken: Uint8Array[] = [];
  let answer: ExitAnswer = 'ok';
  const respond = (response: ServerResponse, body: Uint8Array): void => {
    if (answer === 'silence') return;
    if (answer === 'ok') taken.push(body);
    response.writeHead(STATUS[answer]).end();
  };
  const server = createServer((request, response) => {
    const pieces: Uint8Array[] = [];
    request.on('data', (piece: Uint8Array) => pieces.push(piece));
    request.on('end', () => respond(response, new Uint8Array(Buffer.concat(pieces))));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return {
    section: { URL: `http://127.0.0.1:${port}/mail` },
    answer: (how) => {
      answer = how;
      return Promise.resolve();
    },
    delivered: () => Promise.resolve(taken),
    dispose: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
};

const SCRIPTS: Readonly<Record<ExitAnswer, Script>> = {
  ok: {},
  retry: { end: '451 4.3.0 q7XwZ is busy\r\n' },
  'no-retry': { RCPT: '550 5.1.1 q7xwz@p1.test is nobody\r\n' },
  silence: { end: SILENCE },
};

/** A server that takes any bytes; LMTP on a Unix socket. */
export const mailServerSite = (protocol: 'smtp' | 'lmtp') => async (): Promise<ExitSite> => {
  const folder = await makeFolder();
  const path = protocol === 'lmtp' ? { path: join(folder, 'lmtp') } : {};
  const server = await startScripted({ protocol, ...path });
  return {
    section: { Address: server.address, To: 'alice' },
    answer: (how) => {
      server.script = SCRIPTS[how];
      return Promise.resolve();
    },
    delivered: () => Promise.resolve(server.mails),
    dispose: async () => {
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
};
