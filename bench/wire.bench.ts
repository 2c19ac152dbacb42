/**
 * Links: the whole handshake, and one packet from one end to the other, both ends in this process.
 * @module
 */
import { selectPrimitives } from '../src/crypto/select.js';
import type { Duplex } from '../src/io/contracts.js';
import { duplexPair } from '../src/io/memory.js';
import { nodeClock, nodeRandom } from '../src/io/node.js';
import { KATZENPOST_GEOMETRY } from '../src/sphinx/geometry.js';
import type { LinkDeps, LinkIdentity, Session } from '../src/wire/contracts.js';
import { acceptLink, openLink } from '../src/wire/link.js';
import { LINK_PROFILE_01 } from '../src/wire/profile.js';
import { measured, runArea } from './area.js';
import { measure } from './measure.js';
import type { AreaReport } from './report.js';

const DEADLINE_MS = 30_000;

const deps: LinkDeps = {
  profile: LINK_PROFILE_01,
  geometry: KATZENPOST_GEOMETRY,
  primitives: selectPrimitives(),
  clock: nodeClock({ background: true }),
  random: nodeRandom,
};

const identity = (): LinkIdentity => ({ ad: nodeRandom(32), secretKey: nodeRandom(32) });
const caller = identity();
const called = identity();
const authenticate = (): boolean => true;

interface Ends {
  readonly sender: Session;
  readonly receiver: Session;
}

const connect = async ([near, far]: readonly [Duplex, Duplex]): Promise<Ends> => {
  const options = { authenticate, deadlineMs: DEADLINE_MS };
  const [sender, receiver] = await Promise.all([
    openLink(deps, near, { identity: caller, ...options }),
    acceptLink(deps, far, { identity: called, ...options }),
  ]);
  return { sender: sender._unsafeUnwrap(), receiver: receiver._unsafeUnwrap() };
};

const shakeHands = async (): Promise<void> => {
  const { sender, receiver } = await connect(duplexPair());
  sender.close();
  receiver.close();
};

const bench = async (): Promise<AreaReport> => {
  const { sender, receiver } = await connect(duplexPair());
  const packet = nodeRandom(KATZENPOST_GEOMETRY.packetLength);
  const carry = async (): Promise<void> => {
    const received = receiver.receive();
    (await sender.send({ kind: 'send-packet', packet }))._unsafeUnwrap();
    (await received)._unsafeUnwrap();
  };
  const { handshake, link } = await measure({ handshake: shakeHands, link: carry });
  return {
    area: 'wire',
    measures: [
      measured('handshake, both ends', 'us', handshake),
      measured(`send and receive ${packet.length} bytes, both ends`, 'us', link),
    ],
    requirements: [],
  };
};

await runArea(bench);
