/** One attempt of an exit into a mail server, and servers for it. */
import { lmtpExit, smtpExit, type ExitResult } from '../../../bridges/exit/index.js';
import { utf8 } from '../../../src/bytes/text.js';
import type { Clock, Network } from '../../../src/io/contracts.js';
import { nodeIo } from '../../../src/io/node.js';
import { BOB } from '../smtp/setup.js';
import {
  startScripted,
  type Script,
  type ScriptedServer,
  type ServerOptions,
} from './scripted-server.js';

export const MAIL = 'Subject: s\r\n\r\nhello\r\n';
const EXITS = { smtp: smtpExit, lmtp: lmtpExit };

let servers: ScriptedServer[] = [];

/** For after each test. */
export const closeServers = async (): Promise<void> => {
  for (const server of servers) await server.close();
  servers = [];
};

/** A server that {@link closeServers} closes. */
export const start = async (
  script: Script = {},
  options: ServerOptions = { protocol: 'smtp' },
): Promise<ScriptedServer> => {
  const server = await startScripted(options);
  servers.push(server);
  server.script = script;
  return server;
};

/** What is not as usual. */
export interface Attempt {
  readonly protocol?: 'smtp' | 'lmtp';
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly network?: Network;
}

/** Hands a mail over to the server of a section, for `ops`. */
export const deliver = (
  section: object,
  mail: string | Uint8Array = MAIL,
  { protocol = 'smtp', signal = new AbortController().signal, ...world }: Attempt = {},
): Promise<ExitResult> => {
  const io = { ...nodeIo(), ...world };
  const module = EXITS[protocol];
  const exit = module.open(module.section.parse({ To: 'ops', ...section }), io);
  const bytes = typeof mail === 'string' ? utf8(mail) : mail;
  const entry = { id: '1'.padStart(32, '0'), account: BOB, receivedAt: 0, size: bytes.length };
  return exit.deliver({ ...entry, bytes }, signal);
};
