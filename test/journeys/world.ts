/** The test kit's world with a clock that stands until it is turned, as the journeys want it. */
import type { MixClient } from '../../src/index.js';
import { utf8 } from '../../src/bytes/text.js';
import type { MeanTimes } from '../../testkit/network.js';
import { openTestWorld, type TestWorld, type TestWorldOptions } from '../../testkit/world.js';

export const FAST: MeanTimes = {
  mu: 100,
  lambdaP: 100,
  lambdaL: 1000,
  lambdaD: 1000,
  lambdaM: 10_000,
};

export interface WorldOptions extends Omit<TestWorldOptions, 'clock' | 'openClients'> {
  readonly seed: string | number;
}

export interface World extends Pick<
  TestWorld,
  'io' | 'network' | 'client' | 'status' | 'until' | 'close'
> {
  readonly clients: ReadonlyMap<string, MixClient>;
  /** Opens every client again without cover traffic, so that queues can be seen to empty. */
  stopDecoys(): Promise<void>;
}

export const mailOf = (subject: string, body: string): Uint8Array =>
  utf8(`From: <a@p1.test>\r\nTo: <b@p2.test>\r\nSubject: ${subject}\r\n\r\n${body}\r\n`);

export const openWorld = async (options: WorldOptions): Promise<World> => {
  const world = await openTestWorld({ means: FAST, ...options, clock: 'standing' });
  return {
    io: world.io,
    network: world.network,
    clients: world.clients,
    client: (user) => world.client(user),
    status: (user) => world.status(user),
    until: (done, limitMs) => world.until(done, limitMs),
    stopDecoys: async () => {
      for (const user of options.users) await world.open(user, { sendDecoyTraffic: false });
    },
    close: () => world.close(),
  };
};
