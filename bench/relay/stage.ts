/**
 * The stage: the measured mix between its neighbours, connected and ready for packets.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromHex, toHex } from '../../src/bytes/text.js';
import { verifyDescriptor } from '../../src/pki/descriptor.js';
import { epochAt } from '../../src/pki/epoch.js';
import type { Session } from '../../src/wire/contracts.js';
import { Child } from './channel.js';
import { callMix, makeHeaders, sendPacket, Window, type Delays, type Target } from './generator.js';
import type { MixLook, MixNews, MixOptions } from './mix.js';
import type { SinkNews } from './sink.js';
import { clock, EPOCHS, playAuthority, primitives } from './world.js';

/** Enough that the mix is never idle; what its send queue (64) holds even if the sink pauses. */
const WINDOW = 60;
const POLL_MS = 20;

export interface Stage {
  readonly mix: Child<MixNews>;
  look(): Promise<MixLook>;
  /** Makes packets with these delays; costs this process alone. */
  prepare(count: number, delays: Delays): readonly Uint8Array[];
  /** Sends packets, at most a window ahead of the sink, and waits until all have arrived. */
  carry(headers: readonly Uint8Array[]): Promise<void>;
  /** Packets that never arrived at the sink, so far. */
  readonly lost: () => number;
  /** Sends packets and waits until the mix holds them all: their delays must be long enough. */
  load(headers: readonly Uint8Array[]): Promise<void>;
  close(): Promise<void>;
}

/** Starts a mix with `threads` unwrap threads and everything around it. */
export const openStage = async (threads: number): Promise<Stage> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'postern-bench-'));
  const sink = new Child<SinkNews>('sink', {});
  const { address } = await sink.next('listening');
  const authority = await playAuthority(address);
  const mix = new Child<MixNews>('mix', mixOptions(authority.ref, { dataDir, threads }));
  const started = await mix.next('started');
  const target = targetOf(started, await authority.posted);
  const look = (): Promise<MixLook> => mix.ask({ kind: 'look' }, 'look');
  while ((await look()).outgoingUp === 0) await clock.sleep(POLL_MS);
  const session = await callMix(target);
  const close = async (): Promise<void> => {
    session.close();
    await Promise.all([mix.stop(), sink.stop(), authority.close()]);
    await rm(dataDir, { recursive: true, force: true });
  };
  return { mix, look, close, ...traffic({ sink, session, target, look }) };
};

const mixOptions = (
  { addresses, publicKey }: { readonly addresses: readonly string[]; publicKey: Uint8Array },
  { dataDir, threads }: Pick<MixOptions, 'dataDir' | 'threads'>,
): MixOptions => ({
  authorityAddress: addresses[0] ?? '',
  authorityKey: toHex(publicKey),
  dataDir,
  threads,
  zeroMs: EPOCHS.zeroMs,
});

const targetOf = (
  { address, identityKey }: { readonly address: string; readonly identityKey: string },
  descriptor: Uint8Array,
): Target => {
  const nowMs = clock.now();
  const epoch = epochAt(EPOCHS, nowMs);
  const { mixKeys } = verifyDescriptor(primitives, descriptor, { epoch, nowMs })._unsafeUnwrap();
  const [mixKey, nodeId] = [mixKeys.get(epoch), fromHex(identityKey)];
  if (mixKey === undefined || nodeId === undefined) throw new Error('the mix has no key');
  return { address, nodeId, mixKey };
};

/** Packets that are sent to be held before a look whether the mix has taken them. */
const LOAD_STEP = 100;

interface Neighbours {
  readonly sink: Child<SinkNews>;
  readonly session: Session;
  readonly target: Target;
  readonly look: Stage['look'];
}

const traffic = ({
  sink,
  session,
  target,
  look,
}: Neighbours): Pick<Stage, 'prepare' | 'carry' | 'lost' | 'load'> => {
  const window = new Window(WINDOW);
  sink.on((news) => {
    if (news.kind === 'received') window.received(news.count);
  });
  return {
    prepare: (count, delays) => makeHeaders(target, count, delays),
    carry: async (headers) => {
      await window.send(session, headers);
      await window.empty();
    },
    lost: () => window.lost,
    load: async (headers) => {
      for (let at = 0; at < headers.length; at += LOAD_STEP) {
        const step = headers.slice(at, at + LOAD_STEP);
        for (const header of step) await sendPacket(session, header);
        while ((await look()).waiting > 0) await clock.sleep(POLL_MS);
      }
    },
  };
};
