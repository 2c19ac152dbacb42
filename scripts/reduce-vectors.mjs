// Copies the reference vectors into test/vectors/reference, run by hand: node scripts/reduce-vectors.mjs FOLDER
// Outputs of a packet's size become `{ sha256 }`, inputs stay; the tests never write these files.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [from] = process.argv.slice(2);
if (from === undefined) throw new Error('which folder holds the reference vectors?');
const into = join(import.meta.dirname, '..', 'test', 'vectors', 'reference');
const outputs = new Set(['packet', 'packet_after', 'payload']);
const hashed = (hex) => ({
  sha256: createHash('sha256').update(Buffer.from(hex, 'hex')).digest('hex'),
});

/** Keeps the outermost payload, which is an input, and hashes every packet and delivered payload. */
const reduce = (value, depth = 0) => {
  if (Array.isArray(value)) return value.map((item) => reduce(item, depth + 1));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const isOutput = outputs.has(key) && !(key === 'payload' && depth === 0);
      return [key, isOutput && typeof item === 'string' ? hashed(item) : reduce(item, depth + 1)];
    }),
  );
};

for (const name of readdirSync(from).filter((file) => file.endsWith('.json'))) {
  const vectors = JSON.parse(readFileSync(join(from, name), 'utf8'));
  const big = name === 'sphinx_forward_real.json' || name === 'sphinx_surb_real.json';
  writeFileSync(join(into, name), `${JSON.stringify(big ? reduce(vectors) : vectors, null, 1)}\n`);
}
