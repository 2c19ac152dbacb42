/**
 * One bench program: it measures an area and hands its report to whoever started it.
 * @module
 */
import { collectForPackets } from '../src/io/node.js';
import type { AreaReport, Measure, Unit } from './report.js';
import { summarise } from './stats.js';

/** A measure of samples. */
export const measured = (name: string, unit: Unit, samples: readonly number[]): Measure => ({
  name,
  unit,
  summary: summarise(samples),
});

/** Runs a bench; its report is the only thing on standard output. */
export const runArea = async (bench: () => Promise<AreaReport>): Promise<void> => {
  // As the programs do that carry packets.
  collectForPackets();
  const report = await bench();
  process.stdout.write(`${JSON.stringify(report)}\n`);
};
