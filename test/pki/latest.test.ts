import { describe, expect, it } from 'vitest';
import { manualClock, memoryLog } from '../../src/io/memory.js';
import { epochStart, KATZENPOST_EPOCHS } from '../../src/pki/epoch.js';
import { LatestDocument } from '../../src/pki/latest.js';
import type { NetworkView } from '../../src/pki/view.js';
import { readView } from './support.js';

const EPOCH = 250_000;
const PERIOD = KATZENPOST_EPOCHS.periodMs;
const MINUTE = 60_000;

/** With the document of {@link EPOCH}, or an altered one, in the epoch `later` after it. */
const at = (later: number, afterMs: number, change: Partial<NetworkView> = {}) => {
  const clock = manualClock({ startMs: epochStart(KATZENPOST_EPOCHS, EPOCH + later) + afterMs });
  const kept = { ...readView(EPOCH), ...change };
  const log = memoryLog();
  const view = (epoch: number) => (epoch === EPOCH ? kept : undefined);
  const latest = new LatestDocument({ clock, log, epochTime: KATZENPOST_EPOCHS, view });
  return { latest, clock, log };
};

describe('the latest document', () => {
  it('is the current one, then a stale one until it expires', () => {
    expect(at(0, 0).latest.state).toBe('current');
    expect(at(1, 0).latest.state).toBe('stale');
    // Its descriptors were signed for 70 minutes at the start of the epoch before it.
    expect(at(2, 10 * MINUTE).latest.state).toBe('stale');
    expect(at(2, 10 * MINUTE + 1).latest.state).toBe('missing');
    expect(at(2, 10 * MINUTE + 1).latest.view).toBeUndefined();
  });

  it('is none once its nodes have no keys for the epoch, whatever the certificates say', () => {
    expect(at(2, PERIOD - 1, { validUntilMs: Infinity }).latest.view?.epoch).toBe(EPOCH);
    expect(at(3, 0, { validUntilMs: Infinity }).latest.state).toBe('missing');
  });

  it('is never one of the future', () => {
    expect(at(-1, PERIOD - 1).latest.state).toBe('missing');
  });

  it('warns once of each', async () => {
    const { latest, clock, log } = at(0, 0);
    for (let minute = 0; minute < 60; minute++) {
      latest.warn();
      await clock.advance(MINUTE);
    }
    expect(log.lines).toHaveLength(2);
    expect(log.lines[0]).toContain('document is stale');
    expect(log.lines[1]).toContain('document has expired');
  });
});
