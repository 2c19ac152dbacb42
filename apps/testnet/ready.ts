/**
 * When mail can flow: every part stands in the document, every user is known and connected.
 * @module
 */
import { err, ok, ResultAsync, safeTry, type Result } from 'neverthrow';
import { toBase64 } from '../../src/bytes/text.js';
import { decodePem, PEM_KEYS } from '../../src/bytes/pem.js';
import { fileNameOf } from '../../src/client/account/plan.js';
import type { Io } from '../../src/io/contracts.js';
import { askObject, numberAt, sayVerb } from './ask.js';
import type { TestnetError } from './errors.js';
import { outputFileOf, socketOf, type PartPlan, type TestnetPlan, type UserPlan } from './plan.js';
import type { Started } from './processes.js';

const LOOK_MS = 100;
const PATIENCE_MS = 60_000;

/** What is being waited for: a part, and whether it is as far as it should be. */
interface Awaited {
  readonly place: { readonly name: string; readonly directory: string };
  readonly started: Started | undefined;
  readonly isThere: () => Promise<boolean>;
}

/**
 * Waits for all of them.
 *
 * @errors `part-ended`: one that we started is no more; `not-in-time`: which ones are not there
 */
export const awaitAll = (
  { clock }: Io,
  what: string,
  awaited: readonly Awaited[],
): ResultAsync<void, TestnetError> => {
  const look = async (): Promise<Result<void, TestnetError>> => {
    const untilMs = clock.monotonic() + PATIENCE_MS;
    let left = awaited;
    while (clock.monotonic() < untilMs) {
      const ended = left.find(({ started }) => started?.hasEnded());
      if (ended) return err(endedError(ended));
      const seen = await Promise.all(left.map((each) => each.isThere()));
      left = left.filter((_, index) => seen[index] !== true);
      if (left.length === 0) return ok(undefined);
      await clock.sleep(LOOK_MS);
    }
    return err({ kind: 'not-in-time', what, left: left.map(({ place }) => place.name) });
  };
  return new ResultAsync(look());
};

const endedError = ({ place }: Awaited): TestnetError => ({
  kind: 'part-ended',
  part: place.name,
  log: outputFileOf(place),
});

/** A node whose management socket answers. */
export const answering = (io: Io, part: PartPlan, started?: Started): Awaited => ({
  place: part,
  started,
  isThere: () =>
    askObject(io.network, socketOf(part), 'status').match(
      () => true,
      () => false,
    ),
});

/** A daemon with a connection to its provider. */
export const connected = (io: Io, user: UserPlan, started?: Started): Awaited => ({
  place: user,
  started,
  isThere: () =>
    askObject(io.network, socketOf(user), 'status').match(
      ({ connected: isConnected }) => isConnected === true,
      () => false,
    ),
});

/** A node that stands in the document, or goes by an old one, and has all its connections. */
export const linked = (io: Io, part: PartPlan, started?: Started): Awaited => ({
  place: part,
  started,
  isThere: () =>
    askObject(io.network, socketOf(part), 'status').match(
      (status) => {
        const planned = numberAt(status, 'connections', 'outgoingPlanned');
        const up = numberAt(status, 'connections', 'outgoingUp');
        const hasPlace = status['inDocument'] === true || status['document'] === 'stale';
        return hasPlace && up > 0 && up === planned;
      },
      () => false,
    ),
});

/** Makes every user known to the provider; one that is known already is left alone. */
export const registerUsers = (plan: TestnetPlan, io: Io): ResultAsync<void, TestnetError> =>
  safeTry(async function* () {
    for (const user of plan.users) {
      const provider = plan.parts.find(({ identifier }) => identifier === user.provider);
      if (!provider) throw new Error(`${user.name} has no provider`);
      const link = yield* publicKeyOf(io, user, 'link');
      const identity = yield* publicKeyOf(io, user, 'identity');
      const socket = socketOf(provider);
      yield* sayVerb(io.network, socket, `ADD_USER ${user.user} ${toBase64(link)}`);
      yield* sayVerb(io.network, socket, `SET_USER_IDENTITY ${user.user} ${toBase64(identity)}`);
    }
    return ok(undefined);
  });

/** A user's public key, out of the file that others get. */
export const publicKeyOf = (
  { files }: Io,
  { dataDir, account }: UserPlan,
  name: 'link' | 'identity',
): ResultAsync<Uint8Array, TestnetError> => {
  const path = `${dataDir}/${fileNameOf(account)}/${name}.public.pem`;
  return files
    .read(path)
    .mapErr((error): TestnetError => error)
    .andThen((file) =>
      decodePem(PEM_KEYS.x25519Public, file).mapErr((problem): TestnetError => ({
        kind: 'bad-key-file',
        path,
        problem,
      })),
    );
};
