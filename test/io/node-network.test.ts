import { once } from 'node:events';
import { access, link, readdir, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/bytes/text.js';
import type { Duplex, Listener } from '../../src/io/contracts.js';
import { nodeNetwork } from '../../src/io/node.js';
import { withDirectory } from '../support/directory.js';

const network = nodeNetwork();
const never = new AbortController().signal;
const opened: { close?: () => unknown; destroy?: () => unknown }[] = [];

afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) {
    thing.destroy?.();
    await thing.close?.();
  }
});

const keep = <T extends { close?: () => unknown; destroy?: () => unknown }>(thing: T): T => {
  opened.push(thing);
  return thing;
};

const listenAt = async (address: string): Promise<Listener> =>
  keep((await network.listen(address))._unsafeUnwrap());

const accept = async (listener: Listener): Promise<Duplex> => {
  const next = await listener.connections[Symbol.asyncIterator]().next();
  if (next.done === true) throw new Error('the listener ended');
  return keep(next.value);
};

/** Both ends of a connection, the dialled one first. */
const connected = async (address: string): Promise<readonly [Duplex, Duplex, Listener]> => {
  const listener = await listenAt(address);
  const accepted = accept(listener);
  const dialled = keep((await network.dial(listener.address, never))._unsafeUnwrap());
  return [dialled, await accepted, listener];
};

const readAll = async (duplex: Duplex): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  for (let bytes = await duplex.read(); bytes !== undefined; bytes = await duplex.read()) {
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
};

/** A socket's file without a process behind it. */
const leaveDeadSocket = async (path: string): Promise<void> => {
  const server = createServer().listen(`${path}-first`);
  await once(server, 'listening');
  // A second name stays when the server takes its own away.
  await link(`${path}-first`, path);
  await new Promise((resolve) => server.close(resolve));
  await unlink(`${path}-first`).catch(() => undefined);
};

describe('TCP', () => {
  it('carries megabytes both ways', async () => {
    const [near, far] = await connected('127.0.0.1:0');
    const bytes = Uint8Array.from({ length: 3_000_000 }, (_, index) => (index * 31) % 251);
    const send = async (duplex: Duplex): Promise<void> => {
      for (let at = 0; at < bytes.length; at += 51_200) {
        expect(await duplex.write(bytes.slice(at, at + 51_200))).toBe(true);
      }
      duplex.end();
    };
    const [, there, , back] = await Promise.all([
      send(near),
      readAll(far),
      send(far),
      readAll(near),
    ]);
    expect(there.equals(bytes)).toBe(true);
    expect(back.equals(bytes)).toBe(true);
  });

  it('makes a writer wait for a reader that does not read', async () => {
    const [near, far] = await connected('127.0.0.1:0');
    let written = 0;
    const write = async (): Promise<void> => {
      while (await near.write(new Uint8Array(1_000_000))) written++;
    };
    const writing = write();
    let stalledAt: number;
    do {
      stalledAt = written;
      await new Promise((resolve) => setTimeout(resolve, 200));
    } while (written > stalledAt);
    for (let read = 0; read < 8_000_000;) read += (await far.read())?.length ?? Infinity;
    expect(written).toBeGreaterThan(stalledAt);
    near.destroy();
    await writing;
  });

  it('keeps the other direction after an end', async () => {
    const [near, far] = await connected('127.0.0.1:0');
    near.end();
    expect(await far.read()).toBe(undefined);
    expect(await far.write(utf8('still'))).toBe(true);
    expect(await near.read()).toEqual(utf8('still'));
    expect(await near.write(utf8('late'))).toBe(false);
    far.end();
    expect(await near.read()).toBe(undefined);
  });

  it('gives plain bytes', async () => {
    const [near, far] = await connected('127.0.0.1:0');
    await near.write(utf8('abc'));
    const bytes = await far.read();
    expect(Buffer.isBuffer(bytes)).toBe(false);
    expect(bytes).toEqual(utf8('abc'));
  });

  it('resolves what is pending when it is destroyed', async () => {
    const [near, far] = await connected('127.0.0.1:0');
    const reads = [near.read(), far.read()];
    near.destroy();
    expect(await Promise.all(reads)).toEqual([undefined, undefined]);
    expect(await near.write(utf8('x'))).toBe(false);
    expect(await near.read()).toBe(undefined);
  });

  it('survives a reset by the peer', async () => {
    const listener = await listenAt('127.0.0.1:0');
    const accepted = accept(listener);
    const socket = connect(Number(listener.address.split(':')[1]), '127.0.0.1');
    await once(socket, 'connect');
    const far = await accepted;
    const reading = far.read();
    socket.resetAndDestroy();
    expect(await reading).toBe(undefined);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await far.write(utf8('x'))).toBe(false);
  });

  it('speaks IPv6 and names both ends', async () => {
    const [near, far, listener] = await connected('[::1]:0');
    expect(listener.address).toMatch(/^\[::1\]:\d+$/);
    expect(near.remote).toBe(listener.address);
    expect(far.remote).toMatch(/^\[::1\]:\d+$/);
  });

  it('refuses a second listener and says why a dial failed', async () => {
    const listener = await listenAt('127.0.0.1:0');
    expect((await network.listen(listener.address))._unsafeUnwrapErr().reason).toBe('in-use');
    expect((await network.listen('192.0.2.1:5'))._unsafeUnwrapErr().reason).toBe('bad-address');
    expect((await network.listen('nonsense'))._unsafeUnwrapErr().reason).toBe('bad-address');
    await listener.close();
    const reasonOf = async (address: string): Promise<string> =>
      (await network.dial(address, never))._unsafeUnwrapErr().reason;
    expect(await reasonOf(listener.address)).toBe('refused');
    expect(await reasonOf('nonsense')).toBe('bad-address');
    expect(await reasonOf('127.0.0.1:99999')).toBe('bad-address');
  });

  it('gives a dial up with its signal', async () => {
    const stop = new AbortController();
    // An address for documentation: nobody answers there.
    const dial = network.dial('192.0.2.1:9', stop.signal);
    stop.abort();
    expect((await dial)._unsafeUnwrapErr().reason).toBe('aborted');
    expect((await network.dial('127.0.0.1:9', stop.signal))._unsafeUnwrapErr().reason).toBe(
      'aborted',
    );
  });

  it('keeps connections when the listener closes', async () => {
    const [near, far, listener] = await connected('127.0.0.1:0');
    await listener.close();
    await near.write(utf8('x'));
    expect(await far.read()).toEqual(utf8('x'));
  });
});

describe('a socket that is open already', () => {
  // One that is a socket needs a process of its own: test/apps/service.test.ts.
  it.each(['fd:0', 'fd:9999'])('is refused where %s is none', async (address) => {
    const refused = (await network.listen(address))._unsafeUnwrapErr();
    expect(refused).toEqual({ kind: 'listen', address, reason: 'bad-address' });
    const dialled = await network.dial(address, new AbortController().signal);
    expect(dialled._unsafeUnwrapErr().reason).toBe('bad-address');
  });
});

describe('a Unix socket', () => {
  it('is private, carries bytes and goes at the close', () =>
    withDirectory(async (root) => {
      const [near, far, listener] = await connected(`unix:${root}/sock`);
      expect(listener.address).toBe(`unix:${root}/sock`);
      expect((await stat(`${root}/sock`)).mode & 0o777).toBe(0o600);
      expect(await readdir(root)).toEqual(['sock']);
      await near.write(utf8('x'));
      expect(await far.read()).toEqual(utf8('x'));
      await listener.close();
      await expect(access(`${root}/sock`)).rejects.toThrow();
    }));

  it('is refused while another one lives there', () =>
    withDirectory(async (root) => {
      const [near, far] = await connected(`unix:${root}/sock`);
      const refused = await network.listen(`unix:${root}/sock`);
      expect(refused._unsafeUnwrapErr().reason).toBe('in-use');
      expect(await readdir(root)).toEqual(['sock']);
      await near.write(utf8('x'));
      expect(await far.read()).toEqual(utf8('x'));
    }));

  it('replaces the file of a dead one', () =>
    withDirectory(async (root) => {
      await leaveDeadSocket(`${root}/sock`);
      expect((await network.dial(`unix:${root}/sock`, never))._unsafeUnwrapErr().reason).toBe(
        'refused',
      );
      const [near] = await connected(`unix:${root}/sock`);
      expect(await near.write(utf8('x'))).toBe(true);
    }));

  it('replaces that of one who died while replacing another', () =>
    withDirectory(async (root) => {
      await leaveDeadSocket(`${root}/sock`);
      const { ino } = await stat(`${root}/sock`);
      await link(`${root}/sock`, `${root}/sock.${ino}`);
      expect((await network.listen(`unix:${root}/sock`)).map(keep).isOk()).toBe(true);
      expect(await readdir(root)).toEqual(['sock']);
    }));

  it('waits for one whose process is dying: it takes connections, and ends them', () =>
    withDirectory(async (root) => {
      const dying = createServer((socket) => socket.destroy()).listen(`${root}/sock`);
      await once(dying, 'listening');
      setTimeout(() => dying.close(), 200);
      expect((await network.listen(`unix:${root}/sock`)).map(keep).isOk()).toBe(true);
    }));

  it('is refused where one lives that ends every connection', () =>
    withDirectory(async (root) => {
      const living = createServer((socket) => socket.destroy()).listen(`${root}/sock`);
      await once(living, 'listening');
      const refused = await network.listen(`unix:${root}/sock`);
      expect(refused._unsafeUnwrapErr().reason).toBe('in-use');
      living.close();
    }));

  it('never replaces a file that is none', () =>
    withDirectory(async (root) => {
      await writeFile(`${root}/sock`, 'precious');
      const refused = await network.listen(`unix:${root}/sock`);
      expect(refused._unsafeUnwrapErr().reason).toBe('in-use');
      expect((await stat(`${root}/sock`)).size).toBe(8);
    }));

  it('leaves a successor’s file alone', () =>
    withDirectory(async (root) => {
      const first = await listenAt(`unix:${root}/sock`);
      await rename(`${root}/sock`, `${root}/old`);
      await listenAt(`unix:${root}/sock`);
      await first.close();
      expect((await stat(`${root}/sock`)).isSocket()).toBe(true);
    }));

  it('says what is wrong with its path', () =>
    withDirectory(async (root) => {
      const listen = async (path: string): Promise<string> =>
        (await network.listen(`unix:${path}`))._unsafeUnwrapErr().reason;
      const long = `${root}/${'x'.repeat(200)}`;
      expect(await listen(`${root}/none/sock`)).toBe('bad-address');
      expect(await listen(long)).toBe('bad-address');
      const dialled = await network.dial(`unix:${long}`, never);
      expect(dialled._unsafeUnwrapErr().reason).toBe('bad-address');
      expect((await network.dial(`unix:${root}/none`, never))._unsafeUnwrapErr().reason).toBe(
        'refused',
      );
      expect(await readdir(root)).toEqual([]);
    }));

  it.each(['no', 'a dead'])('has one winner when many want it and %s socket is there', (which) =>
    withDirectory(async (root) => {
      if (which === 'a dead') await leaveDeadSocket(`${root}/sock`);
      const attempts = await Promise.all(
        Array.from({ length: 12 }, () => network.listen(`unix:${root}/sock`)),
      );
      const winners = attempts.filter((attempt) => attempt.isOk());
      for (const winner of winners) keep(winner._unsafeUnwrap());
      expect(winners).toHaveLength(1);
      expect((await network.dial(`unix:${root}/sock`, never)).map(keep).isOk()).toBe(true);
      expect(await readdir(root)).toEqual(['sock']);
    }),
  );
});
