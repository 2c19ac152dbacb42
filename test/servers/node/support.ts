/** Packets for one node, and a store whose commits wait until the test lets them go. */
import { ResultAsync, type Result } from 'neverthrow';
import { selectPrimitives } from '../../../src/crypto/select.js';
import { seededRandom } from '../../../src/io/memory.js';
import { epochAt, KATZENPOST_EPOCHS, type Epoch } from '../../../src/pki/epoch.js';
import type { RoutingCommand } from '../../../src/sphinx/commands.js';
import { smallGeometry } from '../../../src/sphinx/geometry.js';
import { createPacket } from '../../../src/sphinx/packet.js';
import type { Store, StoreError } from '../../../src/store/store.js';
import { openMixKeys, type MixKeys } from '../../../servers/node/mix-keys.js';
import { repeated } from '../../support/bytes.js';

export const suite = { geometry: smallGeometry(200), primitives: selectPrimitives() };
export const epochTime = KATZENPOST_EPOCHS;
const random = seededRandom('packets');

export const openKeys = async (store: Store, nowMs: number): Promise<MixKeys> => {
  const deps = { store, random: seededRandom('mix keys'), ...suite, epochTime };
  const keys = (await openMixKeys(deps))._unsafeUnwrap();
  (await keys.ensure(epochAt(epochTime, nowMs)))._unsafeUnwrap();
  return keys;
};

const NEXT = repeated(0xcc, 32);

/** A packet whose first hop is the owner of `mixKey`; it goes on to nowhere. */
export const forwardPacket = (
  mixKey: Uint8Array,
  commands: readonly RoutingCommand[] = [{ kind: 'node-delay', delayMs: 5 }],
): Uint8Array => packetOver([{ nodeId: NEXT, mixKey, commands }, lastHop]);

/** A packet that ends at the owner of `mixKey`. */
export const terminalPacket = (
  mixKey: Uint8Array,
  commands: readonly RoutingCommand[] = [{ kind: 'recipient', recipient: repeated(1, 64) }],
): Uint8Array => packetOver([{ nodeId: NEXT, mixKey, commands }]);

const lastHop = {
  nodeId: NEXT,
  mixKey: suite.primitives.x25519.publicKey(suite.primitives.x25519.scalar(repeated(5, 32))),
  commands: [{ kind: 'recipient', recipient: repeated(1, 64) }],
} as const;

const packetOver = (path: Parameters<typeof createPacket>[1]['path']): Uint8Array => {
  const payload = new Uint8Array(suite.geometry.payloadLength).fill(0x44);
  return createPacket(suite, { path, payload, random })._unsafeUnwrap();
};

export const publicKeyAt = (keys: MixKeys, epoch: Epoch): Uint8Array => {
  const key = keys.get(epoch);
  if (!key) throw new Error(`no key for ${epoch}`);
  return key.publicKey;
};

/** A store whose commits wait for `release`. */
export const slowStore = (
  store: Store,
): { store: Store; release: () => void; waiting(): number } => {
  const waiting: (() => void)[] = [];
  const slow: Store = {
    get: (collection, key) => store.get(collection, key),
    list: (collection) => store.list(collection),
    close: () => store.close(),
    commit: (changes) =>
      new ResultAsync(
        new Promise<Result<void, StoreError>>((resolve) => {
          waiting.push(() => void store.commit(changes).then(resolve));
        }),
      ),
  };
  const release = (): void => waiting.splice(0).forEach((go) => go());
  return { store: slow, release, waiting: () => waiting.length };
};
