import { describe, expect, it } from 'vitest';
import { manualClock } from '../../src/io/memory.js';
import type { LinkError } from '../../src/wire/contracts.js';
import { Watchdog } from '../../src/wire/watchdog.js';

const frame: LinkError = { kind: 'deadline', phase: 'frame' };
const handshake: LinkError = { kind: 'deadline', phase: 'handshake' };

const setting = () => {
  const clock = manualClock();
  const cuts: LinkError[] = [];
  const watchdog = new Watchdog(clock, (ending) => cuts.push(ending));
  return { clock, cuts, watchdog };
};

describe('a watchdog', () => {
  it('cuts once, for the first deadline that passes', async () => {
    const { clock, cuts, watchdog } = setting();
    watchdog.arm(100, frame);
    watchdog.arm(50, handshake);
    await clock.advance(49);
    expect(cuts).toEqual([]);
    await clock.advance(1000);
    expect(cuts).toEqual([handshake]);
  });

  it('forgets what was lifted, and minds what was not', async () => {
    const { clock, cuts, watchdog } = setting();
    const lift = watchdog.arm(100, handshake);
    await clock.advance(60);
    watchdog.arm(100, frame);
    lift();
    lift();
    await clock.advance(99);
    expect(cuts).toEqual([]);
    await clock.advance(1);
    expect(cuts).toEqual([frame]);
  });

  it('wakes up again after an idle time', async () => {
    const { clock, cuts, watchdog } = setting();
    watchdog.arm(100, handshake)();
    await clock.advance(10_000);
    watchdog.arm(100, frame);
    await clock.advance(100);
    expect(cuts).toEqual([frame]);
  });

  it('does nothing once stopped', async () => {
    const { clock, cuts, watchdog } = setting();
    watchdog.arm(100, frame);
    watchdog.stop();
    watchdog.arm(100, frame);
    await clock.advance(10_000);
    expect(cuts).toEqual([]);
  });
});
