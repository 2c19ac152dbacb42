import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../bench/arguments.js';

const AREAS = ['crypto', 'relay'];
const parse = (...given: string[]) => parseArguments(given, AREAS);

describe('the command line of the bench', () => {
  it('runs everything unless areas are named, in the fixed order', () => {
    expect(parse()).toEqual({ kind: 'run', areas: AREAS, json: undefined });
    expect(parse('--quick')).toEqual({ kind: 'run', areas: AREAS, json: undefined });
    expect(parse('--long')).toEqual({ kind: 'run', areas: AREAS, json: undefined });
    expect(parse('relay', 'crypto')).toMatchObject({ areas: AREAS });
    expect(parse('relay')).toMatchObject({ areas: ['relay'] });
  });

  it('puts JSON where it is asked for', () => {
    expect(parse('--json')).toMatchObject({ json: 'stdout' });
    expect(parse('--json', '--quick')).toMatchObject({ json: 'stdout' });
    expect(parse('--json', 'out.json')).toMatchObject({ json: { file: 'out.json' } });
    expect(parse('--json', 'relay')).toMatchObject({ areas: ['relay'], json: 'stdout' });
  });

  it('refuses what it does not know', () => {
    expect(parse('relays')).toEqual({ kind: 'unknown', argument: 'relays' });
    expect(parse('--fast')).toEqual({ kind: 'unknown', argument: '--fast' });
  });
});
