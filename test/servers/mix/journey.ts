/** A begun journey: three running mixes, and a link into the first. */
import type { Session } from '../../../src/wire/contracts.js';
import type { RunningNode } from '../../../servers/node/node.js';
import type { MixOptions } from '../../../servers/mix/mix.js';
import { playNetwork, type PlayedNetwork } from './network.js';
import { during } from './provider.js';

export interface Journey {
  readonly network: PlayedNetwork;
  readonly mixes: RunningNode[];
  /** The played entry's link to the first mix. */
  session: Session;
  readonly send: (packet: Uint8Array) => Promise<void>;
  /** Starts mix `index` again on what it has stored. */
  readonly restart: (index: number) => Promise<void>;
  readonly counters: (index: number) => Readonly<Record<string, number>>;
  readonly close: () => Promise<void>;
}

export const begin = async (
  seed: string,
  options: readonly Partial<MixOptions>[] = [],
): Promise<Journey> => {
  const network = await playNetwork(seed);
  const mixes: RunningNode[] = [];
  for (const index of [0, 1, 2]) mixes.push(await network.start(index, options[index]));
  await network.settle(mixes);
  const connect = () => network.providers[0].connect(mixes[0]?.address ?? '');
  const journey: Journey = {
    network,
    mixes,
    session: await connect(),
    send: async (packet) => {
      const sent = await during(network.io, journey.session.send({ kind: 'send-packet', packet }));
      sent._unsafeUnwrap();
      await network.io.clock.advance(10);
    },
    restart: async (index) => {
      await during(network.io, mixes[index]?.close() ?? Promise.resolve());
      mixes[index] = await network.start(index, options[index]);
      await network.settle(mixes);
      if (index === 0) journey.session = await connect();
    },
    counters: (index) => mixes[index]?.status().counters ?? {},
    close: async () => {
      for (const mix of mixes) await during(network.io, mix.close());
    },
  };
  return journey;
};

/** The shortest delays. */
export const SHORT = [1, 1, 1];
