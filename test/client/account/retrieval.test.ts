import { errAsync, okAsync, type ResultAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { Retrieval } from '../../../src/client/account/retrieval.js';
import { StoreHealth } from '../../../src/client/store-health.js';
import { manualClock } from '../../../src/io/memory.js';
import type { StoreError } from '../../../src/store/store.js';
import type { Command } from '../../../src/wire/commands.js';

const rig = () => {
  const clock = manualClock();
  const asked: number[] = [];
  const kept: string[] = [];
  const world = { failing: false };
  const keep = (what: string): ResultAsync<void, StoreError> => {
    if (world.failing) return errAsync({ kind: 'store-full' });
    kept.push(what);
    return okAsync(undefined);
  };
  const retrieval = new Retrieval({
    clock,
    health: new StoreHealth(clock, () => undefined),
    send: (command: Command) => {
      if (command.kind === 'retrieve-message') asked.push(command.sequence);
      return okAsync(undefined);
    },
    accept: () => keep('block'),
    reply: () => keep('reply'),
  });
  retrieval.connected();
  return { clock, asked, kept, world, retrieval };
};

const BYTES = new Uint8Array();
const message = (sequence: number, hint = 0) =>
  ({ kind: 'message', hint, sequence, payload: BYTES }) as const;
const ack = (sequence: number, hint = 0) =>
  ({ kind: 'message-ack', hint, sequence, surbId: BYTES, payload: BYTES }) as const;
const empty = (sequence: number) => ({ kind: 'message-empty', sequence }) as const;

describe('retrieval', () => {
  it('counts up after items, repeats after nothing, and starts over on a new session', async () => {
    const { asked, kept, retrieval } = rig();
    for (const answer of [empty(0), message(0), ack(1), empty(2), empty(2), message(2)]) {
      await retrieval.tick();
      expect(await retrieval.receive(answer)).toBe(true);
    }
    retrieval.connected();
    await retrieval.tick();
    expect(asked).toEqual([0, 0, 1, 2, 2, 2, 0]);
    expect(kept).toEqual(['block', 'reply', 'block']);
  });

  it('skips ticks while an answer is due', async () => {
    const { asked, retrieval } = rig();
    for (let i = 0; i < 5; i++) await retrieval.tick();
    expect(asked).toEqual([0]);
  });

  it('refuses answers to nothing and to another question', async () => {
    const { kept, retrieval } = rig();
    expect(await retrieval.receive(message(0))).toBe(false);
    await retrieval.tick();
    expect(await retrieval.receive(message(1))).toBe(false);
    expect(kept).toEqual([]);
  });

  it('asks for the same item again, after a pause, when it could not be kept', async () => {
    const { clock, asked, kept, world, retrieval } = rig();
    world.failing = true;
    await retrieval.tick();
    expect(await retrieval.receive(message(0))).toBe(true);
    await retrieval.tick();
    expect(asked).toEqual([0]);
    await clock.advance(1000);
    world.failing = false;
    await retrieval.tick();
    await retrieval.receive(message(0));
    await retrieval.tick();
    expect(asked).toEqual([0, 0, 1]);
    expect(kept).toEqual(['block']);
  });

  it('knows whether acknowledgements may still wait, but not for ever', async () => {
    const { clock, retrieval } = rig();
    expect(retrieval.isDrained).toBe(false);
    await retrieval.tick();
    await retrieval.receive(message(0, 1));
    expect(retrieval.isDrained).toBe(false);
    await retrieval.tick();
    await retrieval.receive(message(1, 0));
    expect(retrieval.isDrained).toBe(true);
    await retrieval.tick();
    await retrieval.receive(ack(2, 1));
    expect(retrieval.isDrained).toBe(false);
    await clock.advance(60_000);
    expect(retrieval.isDrained).toBe(true);
  });

  it('measures how long answers take', async () => {
    const { clock, retrieval } = rig();
    for (let i = 0; i < 100; i++) {
      await retrieval.tick();
      await clock.advance(50);
      await retrieval.receive(empty(0));
    }
    expect(retrieval.latencyMs).toBeCloseTo(50, 0);
  });
});
