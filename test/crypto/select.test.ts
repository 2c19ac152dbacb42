import { describe, expect, it } from 'vitest';
import { repair, selectPrimitives } from '../../src/crypto/select.js';
import { PRIMITIVE_NAMES, selfTest } from '../../src/crypto/self-test.js';
import type { PrimitiveName } from '../../src/crypto/self-test.js';
import type { Primitives } from '../../src/crypto/primitives.js';
import type { Log, LogFacts } from '../../src/io/contracts.js';
import { fast, implementations, portable } from './implementations.js';

/** Flips a bit in whatever bytes a function gives. */
const spoilt = <T>(value: T): T => {
  if (value instanceof Uint8Array && value.length > 0) value[0]! ^= 1;
  return value;
};

const spoilFunction =
  (work: (...values: never[]) => unknown) =>
  (...values: never[]): unknown =>
    spoilt(work(...values));

/** The same primitives, one of them wrong. */
const broken = (primitives: Primitives, name: PrimitiveName): Primitives => {
  const part = primitives[name] as object;
  const replacement =
    typeof part === 'function'
      ? spoilFunction(part as (...values: never[]) => unknown)
      : Object.fromEntries(
          Object.entries(part).map(([key, value]) => [
            key,
            typeof value === 'function' ? spoilFunction(value.bind(part)) : value,
          ]),
        );
  return { ...primitives, [name]: replacement };
};

const recordingLog = (): { facts: LogFacts[]; log: Log } => {
  const facts: LogFacts[] = [];
  return { facts, log: { write: (_level, _module, _message, seen = {}) => void facts.push(seen) } };
};

describe('the self-test', () => {
  it.each(implementations)('passes $name', (primitives) => {
    expect(selfTest(primitives)).toBeUndefined();
  });

  it('knows every primitive', () => {
    const { name: _, ...parts } = fast;
    expect([...PRIMITIVE_NAMES].sort()).toEqual(Object.keys(parts).sort());
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
