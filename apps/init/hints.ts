/**
 * What a test network says for those who join it: its authority, its pace, its users' keys.
 * @module
 */
import { join } from 'node:path';
import { errAsync, ok, okAsync, ResultAsync } from 'neverthrow';
import type { Io } from '../../src/io/contracts.js';
import { authorityOf, type TestnetPlan } from '../testnet/plan.js';
import { loadPlan } from '../testnet/prepare.js';
import { publicKeyOf } from '../testnet/ready.js';
import type { InitError } from './errors.js';
import type { InitWish } from './wish.js';

export interface HintDeps {
  readonly io: Io;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What need not be told, and whose keys are known. */
export interface Hints {
  readonly wish: InitWish;
  readonly recipients: ReadonlyMap<string, Uint8Array>;
}

/**
 * Hints of the test network that is named, or that the environment names as `testnet up --export`
 * does; an authority that was told is of another network than the environment's.
 */
export const hintsOf = (deps: HintDeps, told: InitWish): ResultAsync<Hints, InitError> => {
  const { POSTERN_TESTNET, AUTH_ADDR, AUTH_KEY } = deps.env;
  if (told.testnet !== undefined) return networkHints(deps, told.testnet);
  if (told.authority !== undefined) return okAsync(withoutPeople({}));
  const alone: InitWish = { authority: AUTH_ADDR, authorityKey: AUTH_KEY };
  if (POSTERN_TESTNET === undefined) return okAsync(withoutPeople(alone));
  // What the environment names may be long gone.
  return networkHints(deps, POSTERN_TESTNET).orElse((error) =>
    error.kind === 'no-test-network' ? ok(withoutPeople(alone)) : errAsync(error),
  );
};

const withoutPeople = (wish: InitWish): Hints => ({ wish, recipients: new Map() });

const networkHints = ({ io }: HintDeps, directory: string): ResultAsync<Hints, InitError> =>
  loadPlan(directory)
    .mapErr((error): InitError => error)
    .andThen((plan) =>
      plan.kind === 'virtual'
        ? errAsync<Hints, InitError>({ kind: 'virtual-network', directory })
        : peopleOf(io, plan).map((recipients) => ({ wish: wishOf(plan), recipients })),
    );

const wishOf = (plan: TestnetPlan): InitWish => {
  const authority = authorityOf(plan);
  return {
    testnet: plan.directory,
    authority: authority.address,
    authorityKey: `file:${join(authority.dataDir, 'identity.public.pem')}`,
    epochPeriod: plan.pace.epoch / 1000,
    userPayload: plan.payload,
  };
};

const peopleOf = (
  io: Io,
  { users }: TestnetPlan,
): ResultAsync<ReadonlyMap<string, Uint8Array>, InitError> =>
  ResultAsync.combine(
    users.map((user) =>
      publicKeyOf(io, user, 'identity').map((key) => [user.account, key] as const),
    ),
  )
    .map((entries) => new Map(entries))
    .mapErr((error): InitError => error);
