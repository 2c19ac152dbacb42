/**
 * The measured mix: a real one, in a process of its own, that tells what it has used.
 * @module
 */
import { collectForPackets, nodeIo } from '../../src/io/node.js';
import { openSqliteStore } from '../../src/store/sqlite.js';
import { startMix } from '../../servers/mix/mix.js';
import type { RunningNode } from '../../servers/node/node.js';
import { fromHex } from '../../src/bytes/text.js';
import { cpuMicros, type Rounds } from '../measure.js';
import { givenOptions, tellParent } from './channel.js';
import { measureParts, type PartTimes, type RelayPart } from './parts.js';
import { EPOCHS, geometry, link } from './world.js';

export interface MixOptions {
  readonly authorityAddress: string;
  /** Hex. */
  readonly authorityKey: string;
  readonly dataDir: string;
  /** Threads for unwrapping; 0: everything on the main thread. */
  readonly threads: number;
  readonly zeroMs: number;
}

export type MixRequest =
  | { readonly kind: 'look' }
  | {
      readonly kind: 'measure-parts';
      readonly names: readonly RelayPart[];
      readonly rounds: Rounds;
    };

export interface MixLook {
  readonly kind: 'look';
  readonly cpuUs: number;
  readonly sent: number;
  readonly drops: Readonly<Record<string, number>>;
  readonly held: number;
  /** Packets between link and holding. */
  readonly waiting: number;
  readonly rssBytes: number;
  readonly outgoingUp: number;
}

export type MixNews =
  | { readonly kind: 'started'; readonly address: string; readonly identityKey: string }
  | MixLook
  | { readonly kind: 'parts'; readonly parts: PartTimes };

const tell = (news: MixNews): void => tellParent(news);

const start = async (options: MixOptions): Promise<RunningNode> => {
  const io = nodeIo({ workers: { count: options.threads }, log: { level: 'error' } });
  const publicKey = fromHex(options.authorityKey) ?? new Uint8Array(32);
  const started = await startMix({
    io,
    dataDir: options.dataDir,
    identifier: 'mix',
    network: {
      authority: { addresses: [options.authorityAddress], publicKey },
      epochTime: { ...EPOCHS, zeroMs: options.zeroMs },
      geometry,
      link: link.profile,
    },
    addresses: ['127.0.0.1:0'],
    openStore: openSqliteStore,
    storageKey: new Uint8Array(32).fill(1),
    tuning: { retryStepMs: 500, publishPollMs: 200 },
  });
  return started._unsafeUnwrap();
};

const look = (mix: RunningNode): MixLook => {
  const { counters, queues, connections } = mix.status();
  const drops = Object.entries(counters).filter(([name]) => name.startsWith('drop.'));
  return {
    kind: 'look',
    cpuUs: cpuMicros(),
    sent: counters['packets.sent'] ?? 0,
    drops: Object.fromEntries(drops),
    held: queues.mix,
    waiting: queues.incoming,
    rssBytes: process.memoryUsage.rss(),
    outgoingUp: connections.outgoingUp,
  };
};

const answer = async (mix: RunningNode, request: MixRequest): Promise<void> => {
  switch (request.kind) {
    case 'look':
      tell(look(mix));
      return;
    case 'measure-parts':
      tell({ kind: 'parts', parts: await measureParts(request.names, request.rounds) });
  }
};

// Only the bench talks to this process, and in its types; the rest is as in a node's program.
collectForPackets();
const mix = await start(givenOptions() as MixOptions);
process.on('message', (request) => void answer(mix, request as MixRequest));
process.on('disconnect', () => void mix.close().then(() => process.exit()));
tell({
  kind: 'started',
  address: mix.address,
  identityKey: Buffer.from(mix.identityKey).toString('hex'),
});
