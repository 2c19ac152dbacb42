/**
 * An authority's readers: documents out of memory, behind the handshake, and the handshakes beside.
 *
 * The reader's end throws away what it gets, so that only the authority's own work is measured:
 * reading the question, finding the document, sealing it into frames.
 * @module
 */
import { Archive } from '../servers/authority/archive.js';
import { answer } from '../servers/authority/answer.js';
import { Registry } from '../servers/authority/registry.js';
import { selectPrimitives } from '../src/crypto/select.js';
import type { Duplex } from '../src/io/contracts.js';
import { duplexPair } from '../src/io/memory.js';
import { nodeClock, nodeRandom } from '../src/io/node.js';
import { KATZENPOST_GEOMETRY } from '../src/sphinx/geometry.js';
import { memoryStores } from '../src/store/memory.js';
import type { LinkDeps, Session } from '../src/wire/contracts.js';
import { acceptLink, openLink } from '../src/wire/link.js';
import { LINK_PROFILE_01 } from '../src/wire/profile.js';
import { measured, runArea } from './area.js';
import { measure } from './measure.js';
import type { AreaReport, Measure } from './report.js';

const DEADLINE_MS = 30_000;
const EPOCH = 250_000;
/** Documents of some 5, 30 and 150 nodes: 1,350 bytes each in base64. */
const LENGTHS = { few: 6750, many: 40_500, most: 202_500 } as const;
const EPOCHS = { few: EPOCH - 1, many: EPOCH, most: EPOCH + 1 } as const;
const LEAST_PER_SECOND = 2000;
const US_PER_SECOND = 1e6;

const primitives = selectPrimitives();
const clock = nodeClock({ background: true });
const link: LinkDeps = {
  profile: LINK_PROFILE_01,
  geometry: KATZENPOST_GEOMETRY,
  primitives,
  clock,
  random: nodeRandom,
};
const authority = { ad: nodeRandom(32), secretKey: nodeRandom(32) };
const nobody = () => ({ ad: new Uint8Array(0), secretKey: nodeRandom(32) });
const options = { authenticate: () => true, deadlineMs: DEADLINE_MS };

/** An end whose writes go nowhere once it is `open`, so that nobody need read them. */
interface Drain {
  readonly duplex: Duplex;
  open: boolean;
  bytes: number;
}

const drainOf = (end: Duplex): Drain => {
  const drain = { open: false, bytes: 0 };
  const write = (bytes: Uint8Array): Promise<boolean> => {
    if (!drain.open) return end.write(bytes);
    drain.bytes += bytes.length;
    return Promise.resolve(true);
  };
  return Object.assign(drain, { duplex: { ...end, write } });
};

interface Desk {
  readonly reader: Session;
  readonly server: Session;
  readonly drain: Drain;
}

const shakeHands = async (): Promise<Desk> => {
  const [near, far] = duplexPair();
  const drain = drainOf(far);
  const [reader, server] = await Promise.all([
    openLink(link, near, { identity: nobody(), ...options }),
    acceptLink(link, drain.duplex, { identity: authority, ...options }),
  ]);
  return { reader: reader._unsafeUnwrap(), server: server._unsafeUnwrap(), drain };
};

const openArchive = async () => {
  const store = (await memoryStores().open('/authority', nodeRandom(32)))._unsafeUnwrap();
  const archive = new Archive(store);
  for (const size of ['few', 'many', 'most'] as const) {
    (await archive.addDocument(EPOCHS[size], nodeRandom(LENGTHS[size])))._unsafeUnwrap();
  }
  return { archive, registry: new Registry(store, clock, { mixes: [], providers: [] }) };
};

const bench = async (): Promise<AreaReport> => {
  const { archive, registry } = await openArchive();
  const { reader, server, drain } = await shakeHands();
  drain.open = true;
  const moment = { nowMs: clock.now(), now: EPOCH, poster: undefined, host: 'reader' };
  const deps = { archive, registry, primitives, mayCome: () => false, ...moment };
  const serve = (size: keyof typeof EPOCHS) => async (): Promise<void> => {
    const before = drain.bytes;
    (await reader.send({ kind: 'get-consensus', epoch: EPOCHS[size] }))._unsafeUnwrap();
    const reply = await answer(deps, (await server.receive())._unsafeUnwrap());
    if (reply) (await server.send(reply))._unsafeUnwrap();
    if (drain.bytes - before < LENGTHS[size]) throw new Error('a document was not sent');
  };
  const greet = async (): Promise<void> => {
    const ends = await shakeHands();
    ends.reader.close();
    ends.server.close();
  };
  const took = await measure({
    few: serve('few'),
    many: serve('many'),
    most: serve('most'),
    greet,
  });
  const documents = perSecond('documents of 40 KB, some 30 nodes, per CPU-second', took.many);
  return {
    area: 'authority',
    measures: [
      perSecond('documents of 7 KB, some 5 nodes, per CPU-second', took.few),
      documents,
      perSecond('documents of 200 KB, some 150 nodes, per CPU-second', took.most),
      perSecond('handshakes, both ends, per CPU-second', took.greet),
    ],
    requirements: [
      {
        name: 'authority: documents of 40 KB',
        value: documents.summary.median,
        ...{ unit: '/s', bound: 'at-least', limit: LEAST_PER_SECOND },
      },
    ],
  };
};

const perSecond = (name: string, tookUs: readonly number[]): Measure =>
  measured(
    name,
    '/s',
    tookUs.map((us) => US_PER_SECOND / us),
  );

await runArea(bench);
