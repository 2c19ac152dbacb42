import { describe, expect, it } from 'vitest';
import { liveFiveDays } from './five-days.js';
import type { Rest } from './rest.js';

const SEED = process.env['SEED'] ?? 'five days';
const EPOCH_SECONDS = 1200;

/** What is remembered on purpose for longer than any sender tries. */
const isMemory = (name: string): boolean => /inbox-(?:seen|ids)$/.test(name);
/** Packets opened by living keys; how many there are is chance. */
const isReplayLog = (name: string): boolean => name.endsWith(' replay-tags-');

const recordsOf = ({ records }: Rest, wanted: (name: string) => boolean) =>
  Object.fromEntries(Object.entries(records).filter(([name]) => wanted(name)));

const isState = (name: string): boolean => !isMemory(name) && !isReplayLog(name);

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, count) => all + count, 0);

describe('five days of loss, an absent provider and clocks that are set', () => {
  it(`bring every mail or one report, and leave nothing (SEED=${SEED})`, async () => {
    const { problems, letters, bounces, before, after } = await liveFiveDays(SEED);
    expect(problems).toEqual([]);
    expect(bounces).toBe(20);
    expect([before.waiting, after.waiting]).toEqual([{}, {}]);
    expect(recordsOf(after, isState)).toEqual(recordsOf(before, isState));
    expect(sum(recordsOf(after, isMemory))).toBeLessThanOrEqual(2 * letters);
    expect([after.files, after.links]).toEqual([before.files, before.links]);
    // Idle: the same few timers as on the first day, less than one a second in the whole world.
    expect(after.timers).toBeLessThanOrEqual(before.timers);
    expect(after.fired).toBeLessThan(1.05 * before.fired);
    expect(after.fired / EPOCH_SECONDS).toBeLessThan(1);
  });
});
