/** A link key's rotation against the provider's own service, with everything lost that can be lost. */
import fc from 'fast-check';
import { err, errAsync, ok, okAsync, ResultAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { AccountService } from '../../../servers/provider/account-service.js';
import { StoredAccounts } from '../../../servers/provider/accounts.js';
import { StoredUsers } from '../../../servers/provider/users.js';
import { equal } from '../../../src/bytes/compare.js';
import { encodePem, PEM_KEYS } from '../../../src/bytes/pem.js';
import { fromUtf8 } from '../../../src/bytes/text.js';
import { SelfService } from '../../../src/client/account/self-service.js';
import { LinkKeys, storedLinkKeys } from '../../../src/client/link/link-keys.js';
import type { ServiceQuestion } from '../../../src/client/sender/services.js';
import type { AskError } from '../../../src/client/types.js';
import { portablePrimitives as primitives } from '../../../src/crypto/portable.js';
import type { Files } from '../../../src/io/contracts.js';
import { manualClock, memoryFiles, seededRandom } from '../../../src/io/memory.js';
import type { NetworkNode, NetworkView } from '../../../src/pki/view.js';
import { memoryStores } from '../../../src/store/memory.js';
import { repeated } from '../../support/bytes.js';

const { x25519 } = primitives;
const PROVIDER = { identityKey: repeated(9, 32), linkSecret: repeated(8, 32) };
const DIRECTORY = '/bob';
const TIMEOUT: AskError = { kind: 'timeout' };

/** What becomes of a question; `late`: it arrives when nobody waits for its answer any more. */
type Fate = 'answered' | 'request-lost' | 'answer-lost' | 'twice' | 'late';

const VIEW = {
  exits: [
    {
      name: 'p1.test',
      identityKey: PROVIDER.identityKey,
      linkKey: x25519.publicKey(x25519.scalar(PROVIDER.linkSecret)),
      services: new Map([['account', { endpoint: '+account' }]]),
    } as Partial<NetworkNode>,
  ],
} as Partial<NetworkView> as NetworkView;

/** Files of a process that dies after so many changes. */
const mortal = (files: Files, changes: number): Files => {
  let left = changes;
  const change = (path: string, make: () => ReturnType<Files['remove']>) =>
    left-- > 0 ? make() : errAsync({ kind: 'files', path, reason: 'io' } as const);
  return {
    read: (path) => files.read(path),
    list: (path) => files.list(path),
    makeDirectory: (path) => files.makeDirectory(path),
    write: (path, bytes) => change(path, () => files.write(path, bytes)),
    remove: (path) => change(path, () => files.remove(path)),
  };
};

const openProvider = async (clock: ReturnType<typeof manualClock>) => {
  const store = (await memoryStores().open('/provider', new Uint8Array(32)))._unsafeUnwrap();
  const users = new StoredUsers(store);
  const accounts = new StoredAccounts(store, users);
  (await accounts.load())._unsafeUnwrap();
  const service = new AccountService({
    ...{ clock, primitives, identity: PROVIDER, accounts },
    waiting: () => okAsync(0),
    limit: () => 900,
    onGone: () => undefined,
    count: () => undefined,
  });
  const obey = async (body: Uint8Array): Promise<Uint8Array> =>
    (await service.answer({ body }))._unsafeUnwrap() ?? new Uint8Array(0);
  return { users, obey, key: () => users.get('bob')?.linkKey ?? new Uint8Array(0) };
};

/** A client and its provider; each {@link open} is a new process on the same disk. */
const openRig = async () => {
  const clock = manualClock({ startMs: 1_700_000_000_000 });
  const disk = memoryFiles();
  await disk.makeDirectory(DIRECTORY);
  const random = seededRandom('rotation');
  const provider = await openProvider(clock);
  const fates: Fate[] = [];
  const late: Uint8Array[] = [];

  const answer = async (body: Uint8Array) => {
    const fate = fates.shift() ?? 'answered';
    if (fate === 'late') late.push(body);
    if (fate === 'late' || fate === 'request-lost') return err(TIMEOUT);
    const said = await provider.obey(body);
    if (fate === 'twice') return ok(await provider.obey(body));
    return fate === 'answered' ? ok(said) : err(TIMEOUT);
  };
  const open = async (changes = Infinity) => {
    // Requests of another process are told apart by their time.
    await clock.advance(1000);
    const files = mortal(disk, changes);
    const deps = { files, primitives, random };
    // Where it dies while the account is opened, the next one opens it.
    const loaded = await LinkKeys.load(deps, DIRECTORY).orElse(() =>
      LinkKeys.load({ ...deps, files: disk }, DIRECTORY),
    );
    const link = loaded._unsafeUnwrap();
    const service = new SelfService({
      ...{ clock, primitives, user: 'bob', provider: 'p1.test', link },
      view: () => VIEW,
      ask: ({ body }: ServiceQuestion) => new ResultAsync(answer(body)),
    });
    return { link, service };
  };
  const { link } = await open();
  await provider.users.add('bob', { linkKey: link.current.publicKey, identityKey: undefined });
  const stored = async () =>
    (await storedLinkKeys({ files: disk, primitives }, DIRECTORY))._unsafeUnwrap();
  return { clock, disk, provider, fates, late, open, stored };
};

type Rig = Awaited<ReturnType<typeof openRig>>;
type Process = Awaited<ReturnType<Rig['open']>>;

/** One link, as the connection makes it. @returns whether the provider lets us in */
const connect = async ({ link }: Process, { provider }: Rig): Promise<boolean> => {
  const key = link.next;
  const isKnown = equal(provider.key(), key.publicKey);
  if (isKnown) await link.settle(key);
  else link.refused(key);
  return isKnown;
};

const publicFile = ({ disk }: Rig): string =>
  fromUtf8(disk.snapshot().get(`${DIRECTORY}/link.public.pem`) ?? new Uint8Array(0));

/** The provider, the disk and its public file say the same one key. */
const expectSettled = async (rig: Rig): Promise<void> => {
  const stored = await rig.stored();
  expect(stored.map(({ publicKey }) => publicKey)).toEqual([rig.provider.key()]);
  expect(publicFile(rig)).toBe(encodePem(PEM_KEYS.x25519Public, rig.provider.key()));
};

describe('a rotation of the link key', () => {
  it('leaves the new key here and there, and nothing of the old one', async () => {
    const rig = await openRig();
    const { link, service } = await rig.open();
    const { secretKey, publicKey } = link.current;
    const remote = (await service.rotate())._unsafeUnwrap();
    expect(remote.linkKey).toEqual(link.current.publicKey);
    expect(remote.linkKey).not.toEqual(publicKey);
    expect(secretKey).toEqual(new Uint8Array(32));
    await expectSettled(rig);
  });

  it('has the new key on disk before the provider hears of it', async () => {
    const rig = await openRig();
    rig.fates.push('late');
    const { service } = await rig.open();
    expect((await service.rotate())._unsafeUnwrapErr()).toEqual(TIMEOUT);
    const [before, after] = await rig.stored();
    expect(rig.provider.key()).toEqual(before?.publicKey);
    await rig.provider.obey(rig.late[0] ?? new Uint8Array(0));
    expect(rig.provider.key()).toEqual(after?.publicKey);
  });

  it('makes nothing for a provider that does not offer it', async () => {
    const rig = await openRig();
    const { link } = await rig.open();
    const service = new SelfService({
      ...{ clock: rig.clock, primitives, user: 'bob', provider: 'p2.test', link },
      view: () => VIEW,
      ask: () => errAsync(TIMEOUT),
    });
    expect((await service.rotate())._unsafeUnwrapErr().kind).toBe('no-such-provider');
    expect(await rig.stored()).toHaveLength(1);
  });

  it('goes on with the same new key after a lost answer, which the provider has', async () => {
    const rig = await openRig();
    const { service } = await rig.open();
    rig.fates.push('answer-lost');
    expect((await service.rotate())._unsafeUnwrapErr()).toEqual(TIMEOUT);
    const [, next] = await rig.stored();
    expect((await service.rotate())._unsafeUnwrap().linkKey).toEqual(next?.publicKey);
    await expectSettled(rig);
  });

  it('ends when the provider lets the new key in', async () => {
    const rig = await openRig();
    rig.fates.push('answer-lost');
    await (await rig.open()).service.rotate();
    const process = await rig.open();
    expect(await connect(process, rig)).toBe(false);
    expect(await connect(process, rig)).toBe(true);
    await expectSettled(rig);
  });

  it('goes on with the old key where the provider has it', async () => {
    const rig = await openRig();
    rig.fates.push('request-lost');
    await (await rig.open()).service.rotate();
    const process = await rig.open();
    expect(await connect(process, rig)).toBe(true);
    expect(await connect(process, rig)).toBe(true);
    expect(await rig.stored()).toHaveLength(2);
  });

  it('refused by the provider leaves the account as it was', async () => {
    const rig = await openRig();
    const process = await rig.open();
    const key = process.link.current.publicKey;
    await rig.provider.users.setLinkKey('bob', repeated(4, 32));
    expect((await process.service.rotate())._unsafeUnwrapErr()).toEqual({
      kind: 'account-refused',
      reason: 'refused',
    });
    await rig.provider.users.setLinkKey('bob', key);
    expect(await connect(process, rig)).toBe(true);
    expect((await process.service.rotate()).isOk()).toBe(true);
    await expectSettled(rig);
  });

  it.each([0, 1, 2, 3, 4])(
    'cut off after %i changes of files lets us in again',
    async (changes) => {
      const rig = await openRig();
      await (await rig.open(changes)).service.rotate();
      const process = await rig.open();
      expect((await connect(process, rig)) || (await connect(process, rig))).toBe(true);
      await expectSettled(rig);
    },
  );

  it('is one after the other where two are asked for', async () => {
    const rig = await openRig();
    const { service } = await rig.open();
    const [one, two] = await Promise.all([service.rotate(), service.rotate()]);
    expect(one._unsafeUnwrap().linkKey).not.toEqual(two._unsafeUnwrap().linkKey);
    expect(two._unsafeUnwrap().linkKey).toEqual(rig.provider.key());
    await expectSettled(rig);
  });
});

type Step =
  | { readonly kind: 'rotate'; readonly fates: readonly Fate[] }
  | { readonly kind: 'restart'; readonly changes: number }
  | { readonly kind: 'connect' }
  | { readonly kind: 'arrive' };

const FATE = fc.constantFrom<Fate[]>('answered', 'request-lost', 'answer-lost', 'twice', 'late');
const STEP: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('rotate'), fates: fc.tuple(FATE, FATE) }),
  fc.record({ kind: fc.constant('restart'), changes: fc.nat(6) }),
  fc.constant<Step>({ kind: 'connect' }),
  fc.constant<Step>({ kind: 'arrive' }),
);

const take = async (rig: Rig, process: Process, step: Step): Promise<Process> => {
  if (step.kind === 'restart') return rig.open(step.changes);
  if (step.kind === 'connect') await connect(process, rig);
  if (step.kind === 'arrive') {
    for (const body of rig.late.splice(0)) await rig.provider.obey(body);
  }
  if (step.kind === 'rotate') {
    rig.fates.splice(0, Infinity, ...step.fates);
    await process.service.rotate();
    rig.fates.length = 0;
  }
  return process;
};

describe('whatever happens to rotations', () => {
  it('the provider has a key that is on disk, and the next undisturbed one ends well', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { maxLength: 12 }), async (steps) => {
        const rig = await openRig();
        let process = await rig.open();
        for (const step of steps) {
          process = await take(rig, process, step);
          const keys = (await rig.stored()).map(({ publicKey }) => publicKey);
          expect(keys).toContainEqual(rig.provider.key());
        }
        process = await rig.open();
        expect((await connect(process, rig)) || (await connect(process, rig))).toBe(true);
        expect((await process.service.rotate()).isOk()).toBe(true);
        await take(rig, process, { kind: 'arrive' });
        await expectSettled(rig);
      }),
      { numRuns: 100 },
    );
  });
});
