import { describe, expect, it } from 'vitest';
import { equal } from '../../src/bytes/compare.js';
import { fromUtf8, toBase64 } from '../../src/bytes/text.js';
import { fingerprintOf, MixClient, type ClientEvent, type ClientTuning } from '../../src/index.js';
import { smallGeometry } from '../../src/sphinx/geometry.js';
import { openTestWorld, type TestWorld } from '../../testkit/world.js';
import { field, readPart } from '../mail/mime-reader.js';
import { FAST, mailOf } from './world.js';

const ALICE = 'alice@p1.test';
const BOB = 'bob@p2.test';
const MINUTE_MS = 60_000;

/** Alice knows nobody, and may ask; everybody else is as always. */
class Story {
  readonly world: TestWorld;
  readonly events: ClientEvent[] = [];
  alice: MixClient | undefined;

  constructor(world: TestWorld) {
    this.world = world;
  }

  /** Her client starts, again where it has crashed. */
  async start(): Promise<void> {
    const config = this.world.configOf(ALICE);
    const accounts = config.accounts.map((each) => ({ ...each, keyDiscovery: true }));
    const opened = await MixClient.open({ ...config, accounts, recipients: {} });
    this.alice = opened._unsafeUnwrap();
    void this.listen(this.alice);
  }

  /** Her process dies; the rest of the world goes on. */
  async crash(): Promise<void> {
    this.world.stores.crash(`/${ALICE}/`);
    await this.close();
  }

  async close(): Promise<void> {
    let isClosed = false;
    void this.alice?.close().then(() => (isClosed = true));
    await this.world.until(() => isClosed, MINUTE_MS);
  }

  async listen(client: MixClient): Promise<void> {
    for await (const event of client.events()) this.events.push(event);
  }

  async send(subject: string): Promise<void> {
    const sent = await this.alice?.send({ account: ALICE, to: BOB, mail: mailOf(subject, 'x') });
    expect(sent?.isOk()).toBe(true);
  }

  states(): readonly string[] {
    return this.alice?.outbox.list().map(({ state }) => state) ?? [];
  }

  /** Subjects in an inbox. */
  async subjects(client: MixClient | undefined, account: string): Promise<readonly string[]> {
    const entries = client?.inbox.list(account, 'inbox').unwrapOr([]) ?? [];
    const subjects: string[] = [];
    for (const { id } of entries) {
      const mail = await client?.inbox.read(account, id);
      subjects.push(field(readPart(mail?._unsafeUnwrap() ?? new Uint8Array()), 'Subject'));
    }
    return subjects;
  }

  async lastMail(): Promise<string> {
    const { id = '' } = this.alice?.inbox.list(ALICE, 'inbox').unwrapOr([]).at(-1) ?? {};
    return fromUtf8((await this.alice?.inbox.read(ALICE, id))?._unsafeUnwrap() ?? new Uint8Array());
  }

  until(done: () => boolean, limitMs = 5 * MINUTE_MS): Promise<boolean> {
    return this.world.until(done, limitMs);
  }
}

const openStory = async (tuning: ClientTuning = {}): Promise<Story> => {
  const world = await openTestWorld({
    users: [ALICE, BOB],
    clock: 'standing',
    openClients: false,
    seed: 'discovery',
    means: FAST,
    geometry: smallGeometry(1000),
    tuning: { pollingIntervalMs: 200, sendDecoyTraffic: false, ...tuning },
  });
  await world.open(BOB);
  const story = new Story(world);
  await story.start();
  const isReady = () =>
    world.isReady() && story.alice?.accounts.status()[0]?.connection.kind === 'connected';
  expect(await story.until(isReady)).toBe(true);
  return story;
};

const received = ({ world }: Story): number => world.status(BOB).inbox.count;

describe('mail to somebody whose key nobody here knows', () => {
  it('survives a crash, is looked up and delivered once; a changed key holds what follows', async () => {
    const story = await openStory();
    const { world } = story;
    await world.network.stop('p2.test');
    await story.send('first');
    await story.send('second');
    await world.until(() => false, 2 * MINUTE_MS);
    expect(story.states()).toEqual(['awaiting-key', 'awaiting-key']);
    await story.crash();
    await story.start();
    expect(story.states()).toEqual(['awaiting-key', 'awaiting-key']);
    (await world.network.start('p2.test'))._unsafeUnwrap();
    expect(await story.until(() => received(story) === 2, 50 * MINUTE_MS)).toBe(true);
    const bobs = world.client(BOB);
    expect((await story.subjects(bobs, BOB)).toSorted()).toEqual(['first', 'second']);
    expect(await story.subjects(story.alice, ALICE)).toEqual(['Key Discovery']);
    expect(await story.lastMail()).toContain(BOB);
    const known = story.alice?.recipients.get(BOB)._unsafeUnwrap();
    const bobsKey = bobs.accounts.keys(BOB)._unsafeUnwrap().identityKey;
    expect(known).toEqual({ address: BOB, key: bobsKey, trust: { kind: 'discovered' } });
    expect(story.events.filter(({ kind }) => kind === 'key-discovered')).toHaveLength(1);

    // Somebody, perhaps the provider itself, puts another key there.
    const other = story.alice?.accounts.keys(ALICE)._unsafeUnwrap().identityKey ?? new Uint8Array();
    (await world.network.provider('p2.test').users.setIdentity('bob', other))._unsafeUnwrap();
    await story.send('third');
    expect(await story.until(() => story.states().includes('held'))).toBe(true);
    await story.send('fourth');
    await story.crash();
    await story.start();
    await world.until(() => false, 5 * MINUTE_MS);
    expect(story.states().filter((state) => state === 'held')).toHaveLength(2);
    expect(received(story)).toBe(2);
    const trust = story.alice?.recipients.get(BOB)._unsafeUnwrap().trust;
    expect(trust?.kind === 'changed' && equal(trust.seen, other)).toBe(true);
    expect(await story.subjects(story.alice, ALICE)).toEqual(['Key Discovery', 'Key Change']);
    expect(await story.lastMail()).toContain(toBase64(other));

    // Bob reads out the words of his key: it is still the old one.
    const code = fingerprintOf(bobsKey).words.join(' ');
    expect((await story.alice?.recipients.verify(BOB, code))?.isOk()).toBe(true);
    expect(await story.until(() => received(story) === 4)).toBe(true);
    expect(await story.until(() => story.states().length === 0)).toBe(true);
    expect((await story.subjects(bobs, BOB)).toSorted()).toEqual(
      ['first', 'second', 'third', 'fourth'].toSorted(),
    );
    expect(await story.subjects(story.alice, ALICE)).toHaveLength(2);
    await story.close();
    await world.close();
  });

  it('comes back in one report when its time is over, whatever crashes', async () => {
    const story = await openStory({ urgentQueueLifetimeMs: 10 * MINUTE_MS });
    const { world } = story;
    await world.network.stop('p2.test');
    await story.send('lost');
    for (let i = 0; i < 3; i++) {
      await world.until(() => false, 2 * MINUTE_MS);
      await story.crash();
      await story.start();
      expect(story.states()).toEqual(['awaiting-key']);
    }
    await world.until(() => story.states().length === 0, 10 * MINUTE_MS);
    expect(await story.subjects(story.alice, ALICE)).toEqual(['Delivery failure']);
    expect(await story.lastMail()).toContain(BOB);
    await story.crash();
    await story.start();
    (await world.network.start('p2.test'))._unsafeUnwrap();
    await world.until(() => false, 15 * MINUTE_MS);
    expect(await story.subjects(story.alice, ALICE)).toEqual(['Delivery failure']);
    expect(received(story)).toBe(0);
    const reasons = story.events.flatMap((event) =>
      event.kind === 'failed' ? [event.reason] : [],
    );
    expect(reasons).toEqual(['no-key']);
    await story.close();
    await world.close();
  });
});
