import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../../src/bytes/text.js';
import { portablePrimitives as primitives } from '../../../src/crypto/portable.js';
import { memoryFiles, seededRandom } from '../../../src/io/memory.js';
import { loadIdentity } from '../../../servers/node/keys.js';

const deps = (seed: string, files = memoryFiles()) => ({
  files,
  random: seededRandom(seed),
  primitives,
});

describe('the keys of a node', () => {
  it('are made once and read again', async () => {
    const files = memoryFiles();
    const made = (await loadIdentity(deps('a', files), '/data'))._unsafeUnwrap();
    expect([...files.snapshot().keys()]).toEqual([
      '/data/identity.private.pem',
      '/data/identity.public.pem',
      '/data/link.private.pem',
    ]);
    const read = (await loadIdentity(deps('b', files), '/data'))._unsafeUnwrap();
    expect(read).toEqual(made);
    expect(made.identityKey).toEqual(primitives.ed25519.publicKey(made.seed));
    const text = fromUtf8(files.snapshot().get('/data/identity.private.pem') ?? utf8(''));
    expect(text).toMatch(/^-----BEGIN ED25519 PRIVATE KEY-----\n/);
  });

  it('leave the public file of an old identity alone', async () => {
    const files = memoryFiles();
    (await loadIdentity(deps('a', files), '/data'))._unsafeUnwrap();
    (await files.write('/data/identity.public.pem', utf8('mine')))._unsafeUnwrap();
    (await loadIdentity(deps('a', files), '/data'))._unsafeUnwrap();
    expect(files.snapshot().get('/data/identity.public.pem')).toEqual(utf8('mine'));
  });

  it('are refused, and not replaced, when a file is damaged', async () => {
    const files = memoryFiles();
    (await loadIdentity(deps('a', files), '/data'))._unsafeUnwrap();
    const whole = files.snapshot().get('/data/identity.private.pem') ?? new Uint8Array(0);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (at, flip) => {
          const damaged = whole.slice();
          damaged[at] = (damaged[at] ?? 0) ^ flip;
          (await files.write('/data/identity.private.pem', damaged))._unsafeUnwrap();
          const read = await loadIdentity(deps('b', files), '/data');
          // White space and unused bits of base64 may change without changing the key.
          if (read.isErr()) expect(read.error.kind).toBe('bad-key-file');
          expect(files.snapshot().get('/data/identity.private.pem')).toEqual(damaged);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('must have a public half that belongs to the seed', async () => {
    const files = memoryFiles();
    (await loadIdentity(deps('a', files), '/one'))._unsafeUnwrap();
    (await loadIdentity(deps('b', files), '/two'))._unsafeUnwrap();
    const one = fromUtf8(files.snapshot().get('/one/identity.private.pem') ?? utf8('')).split('\n');
    const two = fromUtf8(files.snapshot().get('/two/identity.private.pem') ?? utf8('')).split('\n');
    const mixed = [one[0], one[1], two[2], one[3], ''].join('\n');
    (await files.write('/one/identity.private.pem', utf8(mixed)))._unsafeUnwrap();
    const read = await loadIdentity(deps('c', files), '/one');
    expect(read._unsafeUnwrapErr()).toMatchObject({
      kind: 'bad-key-file',
      problem: { kind: 'key-halves' },
    });
  });

  it('say why the disk does not take them', async () => {
    const files = memoryFiles();
    files.failWrites('full');
    const read = await loadIdentity(deps('a', files), '/data');
    expect(read._unsafeUnwrapErr()).toMatchObject({ kind: 'files', reason: 'full' });
  });
});
