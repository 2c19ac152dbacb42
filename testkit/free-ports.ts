/**
 * Ports for parts that must find theirs free, also when they start again.
 * @module
 */
import { err, ok, safeTry, type ResultAsync } from 'neverthrow';
import { uniformInt } from '../src/crypto/sample.js';
import type { Io, Listener, ListenError } from '../src/io/contracts.js';

const LOWEST_PORT = 10_240;
const PORT_RANGE = 32_768 - LOWEST_PORT;

/**
 * Ports of loopback that nobody listens on, all different, and below those that systems give to
 * outgoing connections.
 */
export const freePorts = (
  { network, random }: Pick<Io, 'network' | 'random'>,
  count: number,
): ResultAsync<readonly number[], ListenError> =>
  safeTry(async function* () {
    const held = new Map<number, Listener>();
    while (held.size < count) {
      const port = LOWEST_PORT + uniformInt(random, PORT_RANGE);
      const listened = await network.listen(`127.0.0.1:${port}`);
      if (listened.isOk()) held.set(port, listened.value);
      else if (listened.error.reason !== 'in-use') return err(listened.error);
    }
    await Promise.all([...held.values()].map((listener) => listener.close()));
    return ok([...held.keys()]);
  });

/** One such address. */
export const freeAddress = (io: Pick<Io, 'network' | 'random'>): ResultAsync<string, ListenError> =>
  freePorts(io, 1).map(([port = 0]) => `127.0.0.1:${port}`);
