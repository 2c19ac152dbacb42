import { describe, expect, it } from 'vitest';
import { encodePem, PEM_KEYS } from '../../src/bytes/pem.js';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import { keyPairOf, loadKeyPair } from '../../src/client/keys.js';
import { portablePrimitives as primitives } from '../../src/crypto/portable.js';
import { memoryFiles, seededRandom } from '../../src/io/memory.js';
import { repeated } from '../support/bytes.js';

const SECRET = '/data/link.private.pem';
const PUBLIC = '/data/link.public.pem';

const start = async () => {
  const files = memoryFiles();
  (await files.makeDirectory('/data'))._unsafeUnwrap();
  const load = () =>
    loadKeyPair({ files, primitives, random: seededRandom('keys') }, '/data', 'link');
  const write = async (path: string, text: string): Promise<void> =>
    (await files.write(path, utf8(text)))._unsafeUnwrap();
  return { files, load, write };
};

describe('loadKeyPair', () => {
  it('makes a pair once, and reads it from then on', async () => {
    const { files, load } = await start();
    const made = (await load())._unsafeUnwrap();
    expect(made).toEqual(keyPairOf(primitives, made.secretKey));
    expect([...files.snapshot().keys()]).toEqual([SECRET, PUBLIC]);
    expect((await load())._unsafeUnwrap()).toEqual(made);
  });

  it('reads the files of mailproxy, and shows their public key', async () => {
    const { files, load, write } = await start();
    await write(SECRET, encodePem(PEM_KEYS.x25519Secret, repeated(0x11, 32)));
    await write(PUBLIC, 'an old one');
    const pair = (await load())._unsafeUnwrap();
    expect(pair.secretKey).toEqual(repeated(0x11, 32));
    const shown = fromUtf8(files.snapshot().get(PUBLIC) ?? new Uint8Array());
    expect(shown).toBe(encodePem(PEM_KEYS.x25519Public, pair.publicKey));
  });

  it('names the path and the problem of a damaged file', async () => {
    const { load, write } = await start();
    await write(SECRET, 'no key');
    const problem = 'not a PEM file';
    expect((await load())._unsafeUnwrapErr()).toEqual({ kind: 'key-file', path: SECRET, problem });
  });

  it('does not replace a lost secret by a new identity', async () => {
    const { files, load, write } = await start();
    await write(PUBLIC, encodePem(PEM_KEYS.x25519Public, repeated(1, 32)));
    expect((await load())._unsafeUnwrapErr()).toMatchObject({ kind: 'key-file', path: SECRET });
    expect(files.snapshot().size).toBe(1);
  });

  it('says when nothing can be written', async () => {
    const { files, load } = await start();
    files.failWrites('full');
    expect((await load())._unsafeUnwrapErr()).toEqual({
      kind: 'key-file',
      path: SECRET,
      problem: 'full',
    });
  });
});
