import { describe, expect, it } from 'vitest';
import { MixClient } from '../../src/index.js';
import { fromUtf8 } from '../../src/bytes/text.js';
import { openTestWorld } from '../../testkit/index.js';

const ALICE = 'alice@p1.test';
const BOB = 'bob@p2.test';
const mail = { subject: 'Hello', text: 'hello from a test' };

describe('a test world', () => {
  it('carries a mail while its clock runs by itself', async () => {
    const world = await openTestWorld({ users: [ALICE, BOB] });
    const sent = await world.client(ALICE).send({ account: ALICE, to: BOB, mail });
    expect(sent.isOk()).toBe(true);
    const received = await world.nextMail(BOB);
    expect(received.sender).toBe(ALICE);
    expect(fromUtf8(received.bytes)).toContain('hello from a test');
    expect(world.status(BOB).inbox.count).toBe(0);
    await world.close();
  });

  it('stands still when it is told to, and gives the same run for the same seed', async () => {
    const play = async (): Promise<string> => {
      const world = await openTestWorld({ users: [ALICE, BOB], seed: 7, clock: 'standing' });
      const startMs = world.io.clock.monotonic();
      expect(world.io.clock.monotonic()).toBe(startMs);
      expect(await world.until(() => world.isReady(), 60_000)).toBe(true);
      (await world.client(ALICE).send({ account: ALICE, to: BOB, mail }))._unsafeUnwrap();
      const { bytes } = await world.nextMail(BOB);
      const run = `${world.io.clock.monotonic()} ${fromUtf8(bytes)}`;
      await world.close();
      return run;
    };
    expect(await play()).toBe(await play());
  });

  it('leaves the clients to the program under test', async () => {
    const world = await openTestWorld({ users: [ALICE, BOB], openClients: false });
    expect(world.clients.size).toBe(0);
    const alice = (await MixClient.open(world.configOf(ALICE)))._unsafeUnwrap();
    (await alice.send({ account: ALICE, to: BOB, mail }))._unsafeUnwrap();
    await world.open(BOB);
    expect((await world.nextMail(BOB)).sender).toBe(ALICE);
    await alice.close();
    await world.close();
  });

  it('says so when no mail comes', async () => {
    const world = await openTestWorld({ users: [ALICE, BOB] });
    await expect(world.nextMail(BOB, 1000)).rejects.toThrow(`no mail for ${BOB}`);
    await world.close();
  });

  it('knows its users only', async () => {
    await expect(openTestWorld({ users: ['nobody'] })).rejects.toThrow(RangeError);
    const world = await openTestWorld({ users: ['carol@mail.example'], openClients: false });
    expect(world.network.names).toContain('mail.example');
    expect(() => world.client('carol@mail.example')).toThrow(RangeError);
    expect(() => world.configOf(BOB)).toThrow(RangeError);
    await world.close();
  });
});
