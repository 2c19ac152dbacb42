/** `docs/configuration.md` and the schemas say the same. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { daemonSchema } from '../../../apps/daemon/schema.js';
import { authoritySchema } from '../../../apps/node/authority-schema.js';
import { serverSchema } from '../../../apps/node/schema.js';
import { keysOf, tablesIn, tablesOf, withTables } from '../../support/key-reference.js';

const FILES = { daemon: daemonSchema, authority: authoritySchema, server: serverSchema };
const file = join(import.meta.dirname, '../../../docs/configuration.md');
const text = readFileSync(file, 'utf8');

describe('docs/configuration.md', () => {
  it('is what the schemas say (after a change: vitest -u)', async () => {
    const printed = await format(withTables(text, FILES), { parser: 'markdown', printWidth: 100 });
    await expect(printed).toMatchFileSnapshot(file);
  });

  it.each(Object.entries(FILES))('has every table of: %s', (name, schema) => {
    const shown = tablesIn(text, FILES);
    const missing = tablesOf(schema).filter((table) => !shown.includes(table));
    expect(missing.map((table) => Object.keys(table.shape))).toEqual([]);
    expect(shown, name).toContain(schema);
  });

  it.each(Object.entries(FILES))('tells what every key means of: %s', (_, schema) => {
    const keys = tablesOf(schema).flatMap((table) => keysOf(table));
    expect(keys.length).toBeGreaterThan(30);
    for (const key of keys) {
      expect(z.globalRegistry.get(key.schema)?.description, key.name).toMatch(/^\S.*[^.]$/);
    }
  });
});

describe('a table of keys', () => {
  const table = z.strictObject({
    Needed: z.string().describe('a name'),
    Counted: z.number().default(3).describe('how many'),
    Computed: z.string().optional().meta({ usual: 'from the others', description: 'a sum' }),
    Both: z.number().default(0).meta({ usual: 'as it comes', description: 'a time' }),
    Old: z.undefined().optional().describe('nobody needs it'),
  });
  const files = { part: z.strictObject({ Outer: z.strictObject({ Inner: table }) }) };

  it('tells what is needed, what is the default, and what is refused', () => {
    const marked = 'before\n<!-- keys: part Outer.Inner -->\n<!-- end -->\nafter';
    const made = withTables(marked, files);
    expect(made.split('\n')).toEqual([
      'before',
      '<!-- keys: part Outer.Inner -->',
      '',
      '| Key | Default | Meaning |',
      '| --- | --- | --- |',
      '| `Needed` | required | a name |',
      '| `Counted` | `3` | how many |',
      '| `Computed` | from the others | a sum |',
      '| `Both` | `0`: as it comes | a time |',
      '| `Old` | refused | nobody needs it |',
      '',
      '<!-- end -->',
      'after',
    ]);
    expect(withTables(made, files)).toBe(made);
  });

  it('shows tables that only hold tables where those are', () => {
    const [, row] = withTables('<!-- keys: part -->\n<!-- end -->', files).split(/(?=\| `)/);
    expect(row).toContain('| `[Outer.Inner]` | required |');
  });

  it('cannot be of what is not there', () => {
    expect(() => withTables('<!-- keys: part Outr -->\n<!-- end -->', files)).toThrow(RangeError);
  });
});
