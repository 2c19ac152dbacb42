import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../src/io/memory.js';
import type { DropReason } from '../../../servers/node/drops.js';
import { SendQueue } from '../../../servers/node/send-queue.js';

describe('a send queue', () => {
  it('takes no more than there is room for, and drops the overdue', async () => {
    const clock = manualClock();
    const drops: DropReason[] = [];
    const queue = new SendQueue({
      clock,
      tuning: { sendBudgetMs: 500, sendQueue: 3 },
      drop: (reason) => void drops.push(reason),
    });
    const pushed = [1, 2, 3, 4].map((id) => queue.push(Uint8Array.of(id)));
    expect(pushed).toEqual([true, true, true, false]);
    await clock.advance(300);
    expect(queue.take(1)).toEqual([Uint8Array.of(1)]);
    queue.push(Uint8Array.of(5));
    await clock.advance(250);
    expect(queue.fresh).toBe(1);
    expect(queue.take(16)).toEqual([Uint8Array.of(5)]);
    expect(drops).toEqual(['send-late', 'send-late']);
    expect(queue.isEmpty).toBe(true);
  });
});
