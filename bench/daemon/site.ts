/**
 * A place for one daemon: its directory, its configuration file, and the network it belongs to.
 * @module
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MailServer } from '../../apps/quickstart/dialogue.js';
import { toBase64 } from '../../src/bytes/text.js';
import { selectPrimitives } from '../../src/crypto/select.js';
import { nodeIo, nodeLog } from '../../src/io/node.js';
import type { NetworkConfig } from '../../src/index.js';
import { freeAddress } from '../../testkit/free-ports.js';

/** The bench's own world; what goes wrong in it is told. */
export const io = { ...nodeIo(), log: nodeLog({ level: 'error' }) };

export const ACCOUNT = 'alice@p1.test';
export const FRIEND = 'bob@p2.test';

/** An authority that nobody reaches: nothing leaves, and nothing comes but what is there. */
export const NOWHERE = { addresses: ['127.0.0.1:1'], publicKey: new Uint8Array(32).fill(1) };

const PATIENCE_MS = 120_000;
const LOOK_MS = 2;

export const publicOf = (secret: Uint8Array): Uint8Array => {
  const { x25519 } = selectPrimitives();
  return x25519.publicKey(x25519.scalar(secret));
};

export interface Site {
  /** Everything of this bench. */
  readonly directory: string;
  readonly dataDir: string;
  readonly configFile: string;
  /** Where the daemon's file says that mail programs connect. */
  readonly smtp: string;
  readonly pop3: string;
  dispose(): Promise<void>;
}

/** Makes a fresh directory and picks ports. */
export const makeSite = async (): Promise<Site> => {
  const directory = await mkdtemp(join(tmpdir(), 'postern-bench-'));
  return {
    directory,
    dataDir: join(directory, 'data'),
    configFile: join(directory, 'daemon.toml'),
    smtp: (await freeAddress(io))._unsafeUnwrap(),
    pop3: (await freeAddress(io))._unsafeUnwrap(),
    dispose: () => rm(directory, { recursive: true, force: true }),
  };
};

/** Writes the daemon's file: one account with these settings, and everything else by default. */
export const writeConfig = (
  { dataDir, configFile, smtp, pop3 }: Site,
  { authority }: Pick<NetworkConfig, 'authority'>,
  friendKey: Uint8Array,
  settings: readonly string[] = [],
): Promise<void> =>
  writeFile(
    configFile,
    `[Proxy]
DataDir = "${dataDir}"
SMTPAddress = "${smtp}"
POP3Address = "${pop3}"
[Logging]
Level = "ERROR"
[NonvotingAuthority.bench]
Address = "${authority.addresses[0] ?? ''}"
PublicKey = "${toBase64(authority.publicKey)}"
[[Account]]
User = "alice"
Provider = "p1.test"
Authority = "bench"
${settings.join('\n')}
[Recipients]
"${FRIEND}" = "${toBase64(friendKey)}"
`,
  );

/** How to talk to the daemon, once it has made the password. */
export const serverAt = async ({ dataDir }: Site, address: string): Promise<MailServer> => {
  const password = await readFile(join(dataDir, ACCOUNT, 'bridge.password'), 'utf8');
  return { ...io, address, account: ACCOUNT, password: password.trim() };
};

/** Looks again and again; throws when it is never so. */
export const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
  const limit = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > limit) throw new Error('not in time');
    await io.clock.sleep(LOOK_MS);
  }
};

/** Whether somebody listens. */
export const answers = async (address: string): Promise<boolean> => {
  const dialled = await io.network.dial(address, new AbortController().signal);
  dialled.map((duplex) => duplex.destroy());
  return dialled.isOk();
};
