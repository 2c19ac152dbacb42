/**
 * Preparing a test network: free ports, directories, keys and configuration files.
 * @module
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, ResultAsync, safeTry, type Result } from 'neverthrow';
import { utf8 } from '../../src/bytes/text.js';
import type { Io } from '../../src/io/contracts.js';
import { readDaemonConfig } from '../daemon/config.js';
import { generateKeys } from '../daemon/daemon.js';
import { selectPrimitives } from '../../src/crypto/select.js';
import { loadIdentity } from '../../servers/node/keys.js';
import { freePorts } from '../../testkit/free-ports.js';
import { authorityToml, daemonToml, serverToml, type TestnetKeys } from './configs.js';
import type { TestnetError } from './errors.js';
import {
  configFileOf,
  makePlan,
  PORT_COUNT,
  type TestnetOptions,
  type TestnetPlan,
} from './plan.js';

const PLAN_FILE = 'testnet.json';
const PRIVATE_FILE = 0o600;

/**
 * Makes everything that the parts need to start.
 *
 * @errors `directory-in-use`: there is something in it
 */
export const prepareTestnet = (
  options: TestnetOptions,
  io: Io,
): ResultAsync<TestnetPlan, TestnetError> =>
  safeTry(async function* () {
    yield* io.files.makeDirectory(options.directory);
    if ((await readdir(options.directory)).length > 0) {
      return err<never, TestnetError>({
        kind: 'directory-in-use',
        directory: options.directory,
      });
    }
    const plan = makePlan(options, yield* freePorts(io, PORT_COUNT));
    const keys = new Map<string, Uint8Array>();
    yield* preparePart(plan, io, keys);
    yield* prepareUsers(plan, io, keys);
    await savePlan(plan);
    return ok(plan);
  });

/** The plan of the network in a directory. */
export const loadPlan = (directory: string): ResultAsync<TestnetPlan, TestnetError> =>
  ResultAsync.fromPromise(readFile(join(directory, PLAN_FILE), 'utf8'), (): TestnetError => ({
    kind: 'no-test-network',
    directory,
  })).andThen((text): Result<TestnetPlan, TestnetError> => {
    const plan: unknown = JSON.parse(text);
    return isPlan(plan) ? ok(plan) : err({ kind: 'no-test-network', directory });
  });

/** The file is ours: that it is one of the kind is enough. */
const isPlan = (value: unknown): value is TestnetPlan =>
  typeof value === 'object' && value !== null && 'parts' in value && 'users' in value;

const savePlan = (plan: TestnetPlan): Promise<void> =>
  writeFile(join(plan.directory, PLAN_FILE), JSON.stringify(plan), { mode: PRIVATE_FILE });

const preparePart = (
  plan: TestnetPlan,
  io: Io,
  keys: Map<string, Uint8Array>,
): ResultAsync<void, TestnetError> =>
  safeTry(async function* () {
    const primitives = selectPrimitives(io.log);
    for (const { name, dataDir } of plan.parts) {
      const { identityKey } = yield* loadIdentity({ ...io, primitives }, dataDir);
      keys.set(name, identityKey);
    }
    for (const part of plan.kind === 'virtual' ? [] : plan.parts) {
      const isAuthority = part.role === 'authority';
      const toml = isAuthority ? authorityToml(plan, keys) : serverToml(plan, part, keys);
      yield* io.files.write(configFileOf(part), utf8(toml));
    }
    return ok(undefined);
  });

/** Keys first, since everybody's file has everybody's key. */
const prepareUsers = (
  plan: TestnetPlan,
  io: Io,
  keys: Map<string, Uint8Array>,
): ResultAsync<void, TestnetError> =>
  safeTry(async function* () {
    const found = new Map<string, Uint8Array>();
    for (const user of plan.users) {
      const config = yield* configOf(plan, user, keys);
      const made = yield* generateKeys(config, { io });
      const key = made.get(user.account);
      if (key) found.set(user.name, key);
    }
    for (const [name, key] of found) keys.set(name, key);
    for (const user of plan.users) {
      yield* io.files.write(configFileOf(user), utf8(daemonToml(plan, user, keys)));
    }
    return ok(undefined);
  });

const configOf = (plan: TestnetPlan, user: TestnetPlan['users'][number], keys: TestnetKeys) =>
  readDaemonConfig(daemonToml(plan, user, keys), configFileOf(user)).mapErr(
    (problems): TestnetError => ({ kind: 'config-problems', problems }),
  );
