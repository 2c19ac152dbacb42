import { describe, expect, it } from 'vitest';
import { repair, selectPrimitives } from '../../src/crypto/select.js';
import { PRIMITIVE_NAMES, selfTest } from '../../src/crypto/self-test.js';
import type { PrimitiveName } from '../../src/crypto/self-test.js';
import type { Primitives } from '../../src/crypto/primitives.js';
import type { Log, LogFacts } from '../../src/io/contracts.js';
import { fast, implementations, portable } from './implementations.js';

type Work = (...values: never[]) => unknown;

/** The same function with a bit flipped in whatever bytes it gives. */
const spoilt =
  (work: Work): Work =>
  (...values) => {
    const result = work(...values);
    if (result instanceof Uint8Array && result.length > 0) result[0]! ^= 1;
    return result;
  };

const isWork = (value: unknown): value is Work => typeof value === 'function';

/** The same primitives, one of them wrong. */
const broken = (primitives: Primitives, name: PrimitiveName): Primitives => {
  const part: unknown = primitives[name];
  const members = Object.entries(primitives[name]).map(([key, value]: [string, unknown]) => [
    key,
    isWork(value) ? spoilt(value) : value,
  ]);
  const wrong: unknown = isWork(part) ? spoilt(part) : Object.fromEntries(members);
  return { ...primitives, [name]: wrong };
};

const recordingLog = (): { facts: LogFacts[]; log: Log } => {
  const facts: LogFacts[] = [];

  const write: Log['write'] = (_level, _module, _message, seen = {}) => {
    facts.push(seen);
  };
  return { facts, log: { write } };
};

describe('the self-test', () => {
  it.each(implementations)('passes $name', (primitives) => {
    expect(selfTest(primitives)).toBeUndefined();
  });

  it('knows every primitive', () => {
    expect([...PRIMITIVE_NAMES, 'name'].sort()).toEqual(Object.keys(fast).sort());
  });

  it.each(PRIMITIVE_NAMES)('notices a wrong %s', (name) => {
    expect(selfTest(broken(fast, name))).toBe(name);
  });

  it('notices one that throws, and X25519 that accepts low-order points', () => {
    const throwing: Primitives = {
      ...fast,
      hmacSha256: () => {
        throw new Error('not here');
      },
    };
    expect(selfTest(throwing)).toBe('hmacSha256');
    const lenient: Primitives = {
      ...fast,
      x25519: {
        ...fast.x25519,
        multiply: (scalar, point) => fast.x25519.multiply(scalar, point) ?? new Uint8Array(32),
      },
    };
    expect(selfTest(lenient)).toBe('x25519');
  });
});

describe('the choice of primitives', () => {
  it('replaces what fails by the portable one, alone, and says so', () => {
    const { facts, log } = recordingLog();
    const repaired = repair(broken(fast, 'x25519'), log);
    expect(repaired.x25519).toBe(portable.x25519);
    expect(repaired.aead).toBe(fast.aead);
    expect(facts).toEqual([{ primitive: 'x25519' }]);
    expect(selfTest(repaired)).toBeUndefined();
  });

  it('takes the fast ones here, once per process', () => {
    const { facts, log } = recordingLog();
    const chosen = selectPrimitives(log);
    expect(chosen.name).toBe('fast');
    expect(chosen.wideBlock.constantTime).toBe(true);
    expect(selectPrimitives()).toBe(chosen);
    expect(facts).toEqual([]);
  });
});
