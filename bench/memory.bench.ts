/**
 * Memory of a mix: after its start, and with packets in it.
 * @module
 */
import { availableParallelism } from 'node:os';
import { runArea } from './area.js';
import { isQuick } from './measure.js';
import type { MixLook } from './relay/mix.js';
import { openStage, type Stage } from './relay/stage.js';
import { geometry } from './relay/world.js';
import type { AreaReport, Measure } from './report.js';
import { single } from './stats.js';

const MOST_LOADED_MB = 200;
const MB = 1e6;

const TRAFFIC = isQuick() ? 1000 : 4000;
const HELD = isQuick() ? 1000 : 3000;
const SHORT_DELAYS = { leastMs: 1, mostMs: 5 };
/** They outlast the bench, and are under the longest that the document allows. */
const LONG_DELAYS = { leastMs: 40_000, mostMs: 50_000 };

const besideHeld = ({ rssBytes, held }: MixLook): number =>
  (rssBytes - held * geometry.packetLength) / MB;

interface Looks {
  readonly idle: MixLook;
  readonly busy: MixLook;
  readonly loaded: MixLook;
}

const lookAt = async (stage: Stage): Promise<Looks> => {
  const idle = await stage.look();
  await stage.carry(stage.prepare(TRAFFIC, SHORT_DELAYS));
  const busy = await stage.look();
  await stage.load(stage.prepare(HELD, LONG_DELAYS));
  return { idle, busy, loaded: await stage.look() };
};

const megabytes = (name: string, value: number): Measure => ({
  name,
  unit: 'MB',
  summary: single(value),
});

const looksOf = async (threads: number): Promise<Looks> => {
  const stage = await openStage(threads);
  const looks = await lookAt(stage);
  await stage.close();
  return looks;
};

const measuresOf = (label: string, { idle, busy, loaded }: Looks): readonly Measure[] => [
  megabytes(`${label}, idle`, idle.rssBytes / MB),
  megabytes(`${label}, after ${TRAFFIC} packets`, busy.rssBytes / MB),
  megabytes(`${label}, holding ${loaded.held} packets: all`, loaded.rssBytes / MB),
  megabytes(`${label}, holding ${loaded.held} packets: beside them`, besideHeld(loaded)),
];

const bench = async (): Promise<AreaReport> => {
  const threads = availableParallelism();
  const alone = await looksOf(0);
  const pooled = await looksOf(threads);
  return {
    area: 'memory',
    measures: [
      ...measuresOf('mix, one thread', alone),
      ...measuresOf(`mix, ${threads} unwrap threads`, pooled),
    ],
    requirements: [alone, pooled].map(({ loaded }, index) => ({
      name: `memory of a loaded mix beside its packets, ${index === 0 ? 'one thread' : 'threads'}`,
      value: besideHeld(loaded),
      unit: 'MB',
      bound: 'at-most',
      limit: MOST_LOADED_MB,
    })),
  };
};

await runArea(bench);
