/** What happens to a network, drawn from a seed: the same seed gives the same plan. */
import { shuffled, uniform, uniformInt } from '../../../src/crypto/sample.js';
import { seededRandom } from '../../../src/io/memory.js';

/** Accidents, and what operators do. */
export type IncidentKind = keyof typeof PARTS;

export interface Incident {
  readonly kind: IncidentKind;
  /** Whom it befalls. */
  readonly part: string;
  /** How long nothing happens before it, ms: mail, keys and documents are anywhere by then. */
  readonly pauseMs: number;
}

const MIXES = ['mix1', 'mix2', 'mix3'];
const PROVIDERS = ['p1', 'p2'];
const NODES = [...MIXES, ...PROVIDERS];
const ALL = ['auth', ...NODES];

/** Each kind happens once in a round, to one of these. */
const PARTS = {
  'kill a mix': MIXES,
  'kill a provider': PROVIDERS,
  'kill the authority': ['auth'],
  'stop a node that holds packets for': MIXES,
  'kill in its start': ALL,
  'stop and start': ALL,
  republish: NODES,
  reload: NODES,
  'delete the mix keys of': NODES,
  upgrade: ALL,
} as const;

const KINDS = Object.keys(PARTS) as readonly IncidentKind[];
const LONGEST_PAUSE_MS = 2000;

/** The incidents of so many rounds, in order. */
export const makeIncidents = (seed: string, rounds: number): readonly Incident[] => {
  const random = seededRandom(seed);
  return Array.from({ length: rounds }, () => shuffled(random, KINDS))
    .flat()
    .map((kind) => {
      const parts: readonly string[] = PARTS[kind];
      const part = parts[uniformInt(random, parts.length)] ?? '';
      return { kind, part, pauseMs: Math.round(uniform(random) * LONGEST_PAUSE_MS) };
    });
};

/** As it is printed, so that a failure can be read. */
export const incidentText = ({ kind, part, pauseMs }: Incident): string =>
  `after ${pauseMs} ms: ${kind} ${part}`;
