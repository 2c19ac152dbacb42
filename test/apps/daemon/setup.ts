/** A daemon's configuration in a fresh directory, with an authority that nobody has started. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDaemonConfig, type DaemonConfig } from '../../../apps/daemon/config.js';
import { startDaemon, type RunningDaemon } from '../../../apps/daemon/daemon.js';
import type { DaemonError } from '../../../apps/daemon/errors.js';
import { toBase64 } from '../../../src/bytes/text.js';
import { nodeIo } from '../../../src/io/node.js';
import { openSqliteStore } from '../../../src/store/sqlite.js';
import { repeated } from '../../support/bytes.js';

export interface Site {
  readonly directory: string;
  readonly dataDir: string;
  /** The configuration, with lines put into its `[Proxy]` table or behind everything. */
  config(proxy?: string, rest?: string): DaemonConfig;
  text(proxy?: string, rest?: string): string;
  start(config?: DaemonConfig): Promise<RunningDaemon>;
  refusal(config?: DaemonConfig): Promise<DaemonError>;
  /** How often somebody asked for the end. */
  readonly shutdowns: number;
  /** How often somebody asked that the configuration be read again. */
  readonly reloads: number;
  dispose(): Promise<void>;
}

export const makeSite = async (): Promise<Site> => {
  const directory = await mkdtemp(join(tmpdir(), 'postern-daemon-'));
  const dataDir = join(directory, 'data');
  const running: RunningDaemon[] = [];
  let shutdowns = 0;
  let reloads = 0;
  const text = (proxy = '', rest = ''): string => `
[Proxy]
  DataDir = "${dataDir}"
  ${/SMTPAddress/.test(proxy) ? '' : 'SMTPAddress = "127.0.0.1:0"'}
  ${/POP3Address/.test(proxy) ? '' : 'POP3Address = "127.0.0.1:0"'}
  ${proxy}
[Management]
  Enable = true
[NonvotingAuthority.home]
  Address = "127.0.0.1:1"
  PublicKey = "${toBase64(repeated(1, 32))}"
[[Account]]
  User = "alice"
  Provider = "p1.test"
  Authority = "home"
  Maildir = "${directory}/Maildir"
  DropFolder = "${directory}/drop"
[Recipients]
  "bob@p2.test" = "${toBase64(repeated(9, 32))}"
${rest}`;
  const config = (proxy?: string, rest?: string): DaemonConfig =>
    readDaemonConfig(text(proxy, rest), 'c.toml')._unsafeUnwrap();
  const io = { ...nodeIo(), log: { write: () => undefined } };
  const open = (asked: DaemonConfig) =>
    startDaemon(asked, {
      ...{ io, openStore: openSqliteStore },
      shutdown: () => (shutdowns += 1),
      reload: () => Promise.resolve(void (reloads += 1)),
    });
  return {
    directory,
    dataDir,
    text,
    config,
    start: async (asked = config()) => {
      const daemon = (await open(asked))._unsafeUnwrap();
      running.push(daemon);
      return daemon;
    },
    refusal: async (asked = config()) => (await open(asked))._unsafeUnwrapErr(),
    get shutdowns() {
      return shutdowns;
    },
    get reloads() {
      return reloads;
    },
    dispose: async () => {
      for (const daemon of running) await daemon.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
