import { describe, expect, it } from 'vitest';
import { memoryIo } from '../../../src/io/memory.js';
import { startAuthority } from '../../../servers/authority/authority.js';
import { repeated } from '../../support/bytes.js';
import {
  all,
  MINUTE,
  mixes,
  nodeOf,
  optionsOf,
  provider,
  START,
  stores,
  worldOf,
} from './world.js';

describe('another policy', () => {
  it('holds from then on: who may post, and what the next document says', async () => {
    const world = await worldOf();
    const now = world.now();
    const stranger = nodeOf(4, 0);
    expect(await world.post(stranger, now)).not.toBe('ok');
    const options = optionsOf(world.io);
    const listed = [stranger, ...mixes.slice(1)].map(({ identityKey }) => identityKey);
    expect(world.authority.revise({ ...options, mixes: listed }).isOk()).toBe(true);
    expect(await world.post(stranger, now)).toBe('ok');
    expect(await world.post(all[0]!, now)).not.toBe('ok');
    for (const node of all.slice(1)) expect(await world.post(node, now)).toBe('ok');
    expect(await world.fetch(now)).toBe('genesis 0 layers 1,1,1');
    await world.run(world.authority.close());
  });

  it('leaves out of the next document who is listed no more', async () => {
    const world = await worldOf();
    const now = world.now();
    for (const node of all.slice(0, -1)) expect(await world.post(node, now)).toBe('ok');
    const options = optionsOf(world.io);
    const fewer = { ...options, mixes: options.mixes.slice(1), layers: 2 };
    expect(world.authority.revise(fewer).isOk()).toBe(true);
    expect(await world.post(provider, now)).toBe('ok');
    expect(await world.fetch(now)).toBe('genesis 0 layers 1,1');
    await world.run(world.authority.close());
  });

  it('is refused whole where no document could come of it', async () => {
    const world = await worldOf();
    const { authority, io } = world;
    const refused = authority.revise({ ...optionsOf(io), mixes: [], providers: [] });
    expect(refused._unsafeUnwrapErr()).toMatchObject({ kind: 'bad-option', option: 'providers' });
    const now = world.now();
    for (const node of all) expect(await world.post(node, now)).toBe('ok');
    expect(await world.fetch(now)).toBe('genesis 0 layers 1,1,1');
    await world.run(authority.close());
  });
});

describe('the authority', () => {
  it('begins with a document of the current epoch once every listed node has posted', async () => {
    const world = await worldOf();
    const now = world.now();
    for (const node of all.slice(1)) expect(await world.post(node, now)).toBe('ok');
    expect(await world.fetch(now)).toBe('not-found');
    expect(await world.post(all[0]!, now)).toBe('ok');
    await world.io.clock.advance(10);
    expect(await world.fetch(now)).toBe('genesis 0 layers 1,1,1');
    await world.authority.close();
  });

  it('chains the next epoch’s document in the second half, and keeps it over a restart', async () => {
    const io = memoryIo({ seed: 'chain', startMs: START });
    const store = stores();
    const world = await worldOf(io, store);
    const now = world.now();
    for (const node of all) await world.post(node, now);
    for (const node of all) expect(await world.post(node, now + 1)).toBe('ok');
    expect(await world.fetch(now + 1)).toBe('not-found');
    await io.clock.advance(10 * MINUTE);
    expect(await world.fetch(now + 1)).toBe('genesis 1 layers 1,1,1');
    await world.authority.close();
    const again = await worldOf(io, store);
    expect(await again.fetch(now + 1)).toBe('genesis 1 layers 1,1,1');
    expect(again.authority.identityKey).toEqual(world.authority.identityKey);
    await again.authority.close();
  });

  it('begins a new genesis after an epoch without a document, and never makes one it refused', async () => {
    const world = await worldOf();
    const first = world.now();
    await world.io.clock.advance(45 * MINUTE);
    const now = world.now();
    expect(now).toBe(first + 2);
    expect(await world.fetch(now)).toBe('gone');
    for (const node of all) expect(await world.post(node, now)).toBe('ok');
    await world.io.clock.advance(MINUTE);
    expect(await world.fetch(now)).toBe('gone');
    for (const node of all) await world.post(node, now + 1);
    expect(await world.fetch(now + 1)).toBe('not-found');
    await world.io.clock.advance(10 * MINUTE);
    expect(await world.fetch(now + 1)).toBe('genesis 0 layers 1,1,1');
    await world.authority.close();
  });

  it('leaves nobody out who starts with it late in an epoch', async () => {
    const io = memoryIo({ seed: 'late', startMs: START + 15 * MINUTE });
    const late = nodeOf(4, 255);
    const world = await worldOf(io, stores(), [provider, late]);
    const next = world.now() + 1;
    for (const node of all) await world.post(node, next);
    await io.clock.advance(1000);
    expect(await world.fetch(next)).toBe('not-found');
    expect(await world.post(late, next)).toBe('ok');
    await io.clock.advance(10);
    expect(await world.fetch(next)).toBe('genesis 0 layers 1,1,1');
    await world.authority.close();
  });

  it('does without those who do not come', async () => {
    const io = memoryIo({ seed: 'without', startMs: START + 15 * MINUTE });
    const world = await worldOf(io, stores(), [provider, nodeOf(4, 255)]);
    const next = world.now() + 1;
    for (const node of all) await world.post(node, next);
    await io.clock.advance(3 * MINUTE);
    expect(await world.fetch(next)).toBe('genesis 0 layers 1,1,1');
    await world.authority.close();
  });

  it('remembers over a restart what it refused for good', async () => {
    const io = memoryIo({ seed: 'gone', startMs: START });
    const store = stores();
    const world = await worldOf(io, store);
    await io.clock.advance(45 * MINUTE);
    const now = world.now();
    expect(await world.fetch(now)).toBe('gone');
    await world.authority.close();
    const again = await worldOf(io, store);
    for (const node of all) expect(await again.post(node, now)).toBe('ok');
    await io.clock.advance(1000);
    expect(await again.fetch(now)).toBe('gone');
    await again.authority.close();
  });

  it('makes no second document when its store was restored from a backup', async () => {
    const io = memoryIo({ seed: 'backup', startMs: START });
    const [backup, store] = [stores(), stores()];
    const world = await worldOf(io, store);
    const now = world.now();
    for (const node of all) await world.post(node, now);
    for (const node of all) await world.post(node, now + 1);
    await io.clock.advance(10 * MINUTE);
    expect(await world.fetch(now + 1)).toBe('genesis 1 layers 1,1,1');
    await world.authority.close();

    const restored = await worldOf(io, backup);
    for (const node of all) {
      expect(await restored.post(node, now)).toBe('ok');
      expect(await restored.post(node, now + 1)).toBe('ok');
    }
    await io.clock.advance(MINUTE);
    expect(await restored.fetch(now)).toBe('gone');
    expect(await restored.fetch(now + 1)).toBe('not-found');
    await io.clock.advance(10 * MINUTE);
    expect(await restored.fetch(now + 1)).toBe('gone');
    for (const node of all) await restored.post(node, now + 2);
    await io.clock.advance(10 * MINUTE);
    expect(await restored.fetch(now + 2)).toBe('genesis 0 layers 1,1,1');
    await restored.authority.close();
  });

  it('takes the same bytes again and refuses others', async () => {
    const world = await worldOf();
    const now = world.now();
    const [mix] = mixes;
    expect(await world.post(mix!, now)).toBe('ok');
    expect(await world.post(mix!, now)).toBe('ok');
    expect(await world.post(mix!, now, { linkKey: repeated(8, 32) })).toBe('conflict');
    expect(await world.post(mix!, now + 2)).toBe('invalid');
    expect(await world.post(mix!, now - 2)).toBe('invalid');
    expect(await world.post(provider, now, { name: 'other.test' })).toBe('forbidden');
    expect(await world.post(mix!, now + 1, { layer: 255, name: 'mix1' })).toBe('forbidden');
    await world.authority.close();
  });

  it('lets nobody in who is not listed, and cuts what is no question', async () => {
    const world = await worldOf();
    const stranger = nodeOf(77, 0);
    expect(await world.post(stranger, world.now())).not.toBe('ok');
    const duplex = (
      await world.io.network.dial(world.authority.address, new AbortController().signal)
    )._unsafeUnwrap();
    await duplex.write(repeated(0xff, 1601));
    expect(await world.run(duplex.read())).toBeUndefined();
    expect(Object.keys(world.authority.status().counters)).toContain('link.handshake.handshake');
    const silent = (
      await world.io.network.dial(world.authority.address, new AbortController().signal)
    )._unsafeUnwrap();
    await world.io.clock.advance(31_000);
    expect(await world.run(silent.read())).toBeUndefined();
    expect(world.authority.status().idle).toBe(true);
    expect(await world.fetch(world.now())).toBe('not-found');
    await world.authority.close();
  });

  it('refuses options that make no network', async () => {
    const io = memoryIo({ seed: 'options', startMs: START });
    const options = optionsOf(io);
    const parameters = { ...options.parameters, sendRatePerMinute: 100 };
    const failed = await startAuthority({ ...options, parameters });
    expect(failed._unsafeUnwrapErr()).toEqual({
      kind: 'bad-option',
      option: 'sendRatePerMinute',
      rule: 'at least 270',
    });
    expect((await startAuthority({ ...options, providers: [] })).isErr()).toBe(true);
    expect((await startAuthority({ ...options, layers: 4 })).isErr()).toBe(true);
  });
});
