/**
 * Packets: creating them as a client does, and unwrapping one layer as a node does.
 * @module
 */
import { makeFastPrimitives } from '../src/crypto/fast.js';
import { portablePrimitives } from '../src/crypto/portable.js';
import type { Primitives, Scalar } from '../src/crypto/primitives.js';
import { nodeRandom } from '../src/io/node.js';
import { KATZENPOST_GEOMETRY } from '../src/sphinx/geometry.js';
import type { PathHop } from '../src/sphinx/header.js';
import { createPacket } from '../src/sphinx/packet.js';
import { encodePlaintext } from '../src/sphinx/plaintext.js';
import type { SphinxSuite } from '../src/sphinx/suite.js';
import { createSurb } from '../src/sphinx/surb.js';
import { unwrap } from '../src/sphinx/unwrap.js';
import { measured, runArea } from './area.js';
import { measure } from './measure.js';
import type { AreaReport } from './report.js';
import { ratios, summarise } from './stats.js';

const LEAST_UNWRAP_GAIN = 8;
const FORWARD_HOPS = 5;
const REPLY_HOPS = 4;

const geometry = KATZENPOST_GEOMETRY;
const suiteOf = (primitives: Primitives): SphinxSuite => ({ geometry, primitives });
const fast = suiteOf(makeFastPrimitives());
const portable = suiteOf(portablePrimitives);

interface PlayedNode {
  readonly secret: Uint8Array;
  readonly hop: PathHop;
}

const playNode = (isLast: boolean): PlayedNode => {
  const { x25519 } = fast.primitives;
  const secret = nodeRandom(32);
  const delay = { kind: 'node-delay', delayMs: 1 } as const;
  const recipient = {
    kind: 'recipient',
    recipient: new Uint8Array(geometry.recipientLength),
  } as const;
  const mixKey = x25519.publicKey(x25519.scalar(secret));
  const commands = isLast ? [recipient] : [delay];
  return { secret, hop: { nodeId: nodeRandom(32), mixKey, commands } };
};

const playPath = (length: number): readonly PlayedNode[] =>
  Array.from({ length }, (_, index) => playNode(index === length - 1));

const hopsOf = (path: readonly PlayedNode[]): readonly PathHop[] => path.map(({ hop }) => hop);

const random = nodeRandom;
const body = nodeRandom(geometry.userPayloadLength);
const there = playPath(FORWARD_HOPS);
const back = playPath(REPLY_HOPS);

const create = (): Uint8Array => {
  const payload = encodePlaintext(geometry, { kind: 'plain', body });
  return createPacket(fast, { path: hopsOf(there), payload, random })._unsafeUnwrap();
};

const createWithSurb = (): Uint8Array => {
  const { surb } = createSurb(fast, { path: hopsOf(back), random })._unsafeUnwrap();
  const payload = encodePlaintext(geometry, { kind: 'with-surb', surb, body });
  return createPacket(fast, { path: hopsOf(there), payload, random })._unsafeUnwrap();
};

/** A first hop's unwrapping; a packet that would be refused measures nothing. */
const unwrapping = (suite: SphinxSuite, packet: Uint8Array): (() => unknown) => {
  const key: Scalar = suite.primitives.x25519.scalar(there[0]?.secret ?? new Uint8Array(32));
  unwrap(suite, packet, key)._unsafeUnwrap();
  return () => unwrap(suite, packet, key);
};

const bench = async (): Promise<AreaReport> => {
  const packet = create();
  const unwrapped = await measure({
    fast: unwrapping(fast, packet),
    portable: unwrapping(portable, packet),
  });
  const created = await measure({ plain: create, withSurb: createWithSurb });
  const gain = ratios(unwrapped.portable, unwrapped.fast);
  return {
    area: 'sphinx',
    measures: [
      measured(`unwrap ${packet.length} bytes, fast`, 'us', unwrapped.fast),
      measured(`unwrap ${packet.length} bytes, portable`, 'us', unwrapped.portable),
      measured('unwrap, portable over fast', 'x', gain),
      measured(`create, ${FORWARD_HOPS} hops`, 'us', created.plain),
      measured(`create, ${FORWARD_HOPS} hops and a SURB of ${REPLY_HOPS}`, 'us', created.withSurb),
    ],
    requirements: [
      {
        name: 'unwrap: portable over fast',
        value: summarise(gain).median,
        unit: 'x',
        bound: 'at-least',
        limit: LEAST_UNWRAP_GAIN,
      },
    ],
  };
};

await runArea(bench);
