import { describe, expect, it } from 'vitest';
import { encodePem, PEM_KEYS } from '../../../src/bytes/pem.js';
import { utf8 } from '../../../src/bytes/text.js';
import { LinkKeys } from '../../../src/client/link/link-keys.js';
import { portablePrimitives as primitives } from '../../../src/crypto/portable.js';
import { memoryFiles, seededRandom } from '../../../src/io/memory.js';
import { repeated } from '../../support/bytes.js';

const NEXT = '/data/link.next.private.pem';

const start = async () => {
  const files = memoryFiles();
  (await files.makeDirectory('/data'))._unsafeUnwrap();
  const deps = { files, primitives, random: seededRandom('link keys') };
  const load = () => LinkKeys.load(deps, '/data');
  return { files, load, keys: (await load())._unsafeUnwrap() };
};

describe('the keys of a link', () => {
  it('are one, until another is proposed', async () => {
    const { keys } = await start();
    keys.refused(keys.next);
    expect(keys.next).toBe(keys.current);
    const proposed = (await keys.propose())._unsafeUnwrap();
    expect(keys.next).toBe(keys.current);
    keys.refused(keys.next);
    expect(keys.next).toBe(proposed);
    keys.refused(keys.next);
    expect(keys.next).toBe(keys.current);
  });

  it('propose the same one until it is settled, also after a restart', async () => {
    const { keys, load } = await start();
    const proposed = (await keys.propose())._unsafeUnwrap();
    expect((await keys.propose())._unsafeUnwrap()).toBe(proposed);
    const again = (await load())._unsafeUnwrap();
    expect((await again.propose())._unsafeUnwrap()).toEqual(proposed);
  });

  it('keep both while the new one cannot be written', async () => {
    const { keys, files, load } = await start();
    const proposed = (await keys.propose())._unsafeUnwrap();
    const { publicKey } = keys.current;
    files.failWrites('full');
    expect((await keys.settle(proposed))._unsafeUnwrapErr()).toMatchObject({ problem: 'full' });
    expect(keys.current.publicKey).toEqual(publicKey);
    files.failWrites(undefined);
    (await keys.settle(proposed))._unsafeUnwrap();
    expect((await load())._unsafeUnwrap().current).toEqual(proposed);
    expect(files.snapshot().has(NEXT)).toBe(false);
  });

  it('that are given by the configuration stay', async () => {
    const keys = LinkKeys.given({ primitives }, repeated(3, 32));
    expect((await keys.propose())._unsafeUnwrapErr()).toEqual({ kind: 'given-key' });
    (await keys.settle(keys.current))._unsafeUnwrap();
    expect(keys.next).toBe(keys.current);
  });

  it('are forgotten at the end, both', async () => {
    const { keys } = await start();
    const proposed = (await keys.propose())._unsafeUnwrap();
    const { current } = keys;
    await keys.close();
    expect([current.secretKey, proposed.secretKey]).toEqual([repeated(0, 32), repeated(0, 32)]);
  });

  it('name the file that is damaged', async () => {
    const { files, load } = await start();
    await files.write(NEXT, utf8(encodePem(PEM_KEYS.x25519Public, repeated(1, 32))));
    expect((await load())._unsafeUnwrapErr()).toMatchObject({ kind: 'key-file', path: NEXT });
  });
});
