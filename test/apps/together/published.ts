/** What the authority tells everybody of a node at this moment. */
import { readFile } from 'node:fs/promises';
import { readServerConfig } from '../../../apps/node/config.js';
import { configFileOf } from '../../../apps/testnet/plan.js';
import { toHex } from '../../../src/bytes/text.js';
import { portablePrimitives as primitives } from '../../../src/crypto/portable.js';
import { fetchDocument } from '../../../src/pki/directory.js';
import { verifyDocument } from '../../../src/pki/document.js';
import { epochAt } from '../../../src/pki/epoch.js';
import type { NetworkConfig } from '../../../src/pki/network.js';
import { viewOf } from '../../../src/pki/view.js';
import type { ProcessNetwork } from '../network.js';

const FETCH_MS = 20_000;

/** The network as a node's file describes it. */
const agreementOf = async (network: ProcessNetwork, name: string): Promise<NetworkConfig> => {
  const file = configFileOf(network.part(name));
  return readServerConfig(await readFile(file, 'utf8'), file)._unsafeUnwrap().options.network;
};

/** The mix keys of a node in the current document; none where it is not in it. */
export const publishedKeys = async (
  network: ProcessNetwork,
  name: string,
): Promise<readonly string[]> => {
  const { authority, epochTime, geometry, link } = await agreementOf(network, name);
  const { clock, random, network: io } = network.io;
  const nowMs = clock.now();
  const epoch = epochAt(epochTime, nowMs);
  const deps = { profile: link, geometry, primitives, clock, random };
  const limit = AbortSignal.timeout(FETCH_MS);
  const fetched = await fetchDocument({ network: io, link: deps, authority, clock }, epoch, limit);
  const { publicKey: authorityKey } = authority;
  const view = fetched
    .mapErr(({ kind }) => kind)
    .andThen((raw) =>
      verifyDocument(primitives, raw, { authorityKey, epoch, nowMs }).mapErr(({ kind }) => kind),
    )
    .map((document) => viewOf(document, { geometry, primitives }));
  const { identifier } = network.part(name);
  return view.match(
    ({ layers, entries }) =>
      [...layers.flat(), ...entries]
        .filter((node) => node.name === identifier)
        .flatMap(({ mixKeys }) => [...mixKeys.values()].map(toHex)),
    () => [],
  );
};
