import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { toBase64 } from '../../../src/bytes/text.js';
import { signDescriptor } from '../../../src/pki/descriptor.js';
import { descriptorOf, primitives } from '../../pki/support.js';
import { repeated } from '../../support/bytes.js';
import { withDirectory } from '../../support/directory.js';
import { run, type Transcript } from './run.js';

const EPOCH = 700_000;
const NODE = 5;
const LATER_S = 9_999_999_999;

const show = (raw: Uint8Array, ...words: string[]): Promise<Transcript> =>
  withDirectory(async (directory) => {
    await writeFile(join(directory, 'node.desc'), raw);
    return run(['desc', 'show', 'node.desc', ...words], { workingDirectory: directory });
  });

const signed = (options: { node?: number; expiration?: number } = {}): Uint8Array => {
  const { node = NODE, expiration = LATER_S } = options;
  const descriptor = descriptorOf(NODE, EPOCH, 0);
  return signDescriptor(primitives, descriptor, { seed: repeated(node, 32), expiration });
};

it('prints what a node says of itself, and that it has signed it', async () => {
  const { code, out, err } = await show(signed(), '--json');
  expect({ code, err }).toEqual({ code: 0, err: [] });
  expect(JSON.parse(out[0] ?? '')).toMatchObject({
    role: 'mix',
    identityKey: toBase64(primitives.ed25519.publicKey(repeated(NODE, 32))),
    epoch: EPOCH,
    signature: 'good',
  });
  expect((await show(signed())).out).toContain('signature: good');
});

it('refuses a signature of somebody else, or of other bytes', async () => {
  for (const raw of [signed({ node: 6 }), flipped(signed())]) {
    const { code, out, err } = await show(raw);
    expect({ code, out }).toEqual({ code: 1, out: [] });
    expect(err.join()).toMatch(/node\.desc: (its signature|this is no descriptor)/);
  }
});

it('refuses what has expired, and what is no descriptor', async () => {
  expect((await show(signed({ expiration: 1 }))).err.join()).toContain('it has expired');
  expect((await show(repeated(1, 100))).err.join()).toContain('this is no descriptor');
  const { code, err } = await run(['desc', 'show', '/nonexistent']);
  expect({ code, err }).toEqual({
    code: 1,
    err: ['postern: /nonexistent: there is no such file'],
  });
});

/** With a bit of what is signed turned over. */
const flipped = (raw: Uint8Array): Uint8Array =>
  raw.map((byte, at) => (at === raw.length >>> 1 ? byte ^ 1 : byte));
