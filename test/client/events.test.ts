import { describe, expect, it } from 'vitest';
import { EventHub } from '../../src/client/events.js';
import type { ClientEvent } from '../../src/client/types.js';

const skew = (skewMs: number): ClientEvent => ({ kind: 'clock-skew', account: 'a@b', skewMs });

const collect = async (events: AsyncIterable<ClientEvent>): Promise<number[]> => {
  const seen: number[] = [];
  for await (const event of events) if (event.kind === 'clock-skew') seen.push(event.skewMs);
  return seen;
};

describe('EventHub', () => {
  it('gives every listener every event from its call on', async () => {
    const hub = new EventHub();
    const first = hub.listen();
    hub.emit(skew(1));
    const second = hub.listen();
    hub.emit(skew(2));
    hub.close();
    expect(await collect(first)).toEqual([1, 2]);
    expect(await collect(second)).toEqual([2]);
    expect(await collect(hub.listen())).toEqual([]);
  });

  it('wakes who waits, and ends with its signal', async () => {
    const hub = new EventHub();
    const stop = new AbortController();
    const collected = collect(hub.listen(stop.signal));
    await Promise.resolve();
    hub.emit(skew(1));
    stop.abort();
    hub.emit(skew(2));
    expect(await collected).toEqual([1]);
    stop.abort();
    expect(await collect(hub.listen(stop.signal))).toEqual([]);
  });

  it('forgets a listener that has left its loop', async () => {
    const hub = new EventHub();
    const events = hub.listen();
    hub.emit(skew(1));
    for await (const event of events) {
      expect(event).toEqual(skew(1));
      break;
    }
    hub.emit(skew(2));
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it('drops the oldest events of a listener that does not read', async () => {
    const hub = new EventHub();
    const events = hub.listen();
    for (let i = 0; i < 10_005; i++) hub.emit(skew(i));
    hub.close();
    const seen = await collect(events);
    expect(seen.length).toBe(10_000);
    expect(seen.at(-1)).toBe(10_004);
  });
});
