/**
 * What a daemon costs while nobody uses it, at the rates that a document has by default: its cover
 * traffic, its retrievals, and its memory.
 * @module
 */
import { measured, runArea } from './area.js';
import { startDaemonProcess } from './daemon/process.js';
import { answers, io, until } from './daemon/site.js';
import { openVillage } from './daemon/village.js';
import { isLong, isQuick } from './measure.js';
import type { AreaReport } from './report.js';

/** 1 / 0.00025 per ms. */
const DEFAULT_MEAN_MS = 4000;
const MEANS = {
  mu: DEFAULT_MEAN_MS,
  lambdaP: DEFAULT_MEAN_MS,
  lambdaL: DEFAULT_MEAN_MS,
  lambdaD: DEFAULT_MEAN_MS,
  lambdaM: DEFAULT_MEAN_MS,
};
const MOST_RESIDENT_MB = 90;
const MOST_CPU_PERCENT = 1;
/** Until it is connected and has collected what starting left behind. */
const SETTLE_MS = 20_000;
const LOOK_MS = 1000;
/** Some minutes when they are asked for; the longer, the less one packet more matters. */
const WATCH_S = isLong() ? 300 : isQuick() ? 20 : 60;

const bench = async (): Promise<AreaReport> => {
  const village = await openVillage(MEANS);
  const daemon = startDaemonProcess(village.site.configFile);
  await until(() => answers(village.site.smtp));
  await io.clock.sleep(SETTLE_MS);
  const residents: number[] = [];
  const [cpuBefore, startMs] = [daemon.cpuSeconds(), performance.now()];
  while (performance.now() < startMs + WATCH_S * 1000) {
    residents.push(daemon.residentMb());
    await io.clock.sleep(LOOK_MS);
  }
  const tookS = (performance.now() - startMs) / 1000;
  const percent = (100 * (daemon.cpuSeconds() - cpuBefore)) / tookS;
  await daemon.stop();
  await village.close();
  return {
    area: 'idle',
    measures: [
      measured(`resident, every second of ${WATCH_S}`, 'MB', residents),
      measured('of one core', '%', [percent]),
    ],
    requirements: [
      {
        name: 'idle daemon: resident, the most',
        value: Math.max(...residents),
        unit: 'MB',
        bound: 'at-most',
        limit: MOST_RESIDENT_MB,
      },
      {
        name: 'idle daemon: of one core',
        value: percent,
        unit: '%',
        bound: 'at-most',
        limit: MOST_CPU_PERCENT,
      },
    ],
  };
};

await runArea(bench);
