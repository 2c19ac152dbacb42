/**
 * What a shell learns of a test network: one assignment per line.
 * @module
 */
import { ok, safeTry, type ResultAsync } from 'neverthrow';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toBase64 } from '../../src/bytes/text.js';
import { decodePem, PEM_KEYS } from '../../src/bytes/pem.js';
import type { JsonObject } from '../../src/control/json.js';
import type { Io } from '../../src/io/contracts.js';
import { askObject } from './ask.js';
import type { TestnetError } from './errors.js';
import {
  authorityOf,
  configFileOf,
  dropFolderOf,
  maildirOf,
  socketOf,
  type PartPlan,
  type TestnetPlan,
  type UserPlan,
} from './plan.js';

type Variables = readonly (readonly [name: string, value: string])[];

/** Process ids by the names of parts and users. */
export type Pids = ReadonlyMap<string, number>;

/** Assignments for a POSIX shell. */
export const shellText = (variables: Variables): string =>
  variables.map(([name, value]) => `export ${name}=${quoted(value)}`).join('\n');

const quoted = (value: string): string => `'${value.replaceAll("'", String.raw`'\''`)}'`;

const passwordIn = ({ password }: JsonObject): string =>
  typeof password === 'string' ? password : '';

/** All variables of a running network. */
export const variablesOf = (
  plan: TestnetPlan,
  pids: Pids,
  io: Io,
): ResultAsync<Variables, TestnetError> =>
  safeTry(async function* () {
    const variables = [...networkVariables(plan, pids)];
    for (const user of plan.users) {
      const { account } = user;
      const shown = yield* askObject(io.network, socketOf(user), 'account.show', { account });
      variables.push(...userVariables(user, pids), [`PASS_${user.name}`, passwordIn(shown)]);
    }
    return ok(variables);
  });

const networkVariables = (plan: TestnetPlan, pids: Pids): Variables => {
  const authority = authorityOf(plan);
  return [
    ['POSTERN_TESTNET', plan.directory],
    ...plan.parts.flatMap((part) => partVariables(part, pids)),
    ['AUTH_ADDR', authority.address],
    ['AUTH_KEY', authorityKey(authority)],
  ];
};

const authorityKey = ({ dataDir }: PartPlan): string => {
  const file = new Uint8Array(readFileSync(join(dataDir, 'identity.public.pem')));
  return toBase64(decodePem(PEM_KEYS.ed25519Public, file).unwrapOr(new Uint8Array(0)));
};

const partVariables = (part: PartPlan, pids: Pids): Variables => {
  const name = part.name.toUpperCase();
  return [
    [`${name}_PID`, String(pids.get(part.name) ?? '')],
    [`${name}_DATA`, part.dataDir],
    ...(part.role === 'authority'
      ? []
      : ([
          [`${name}_SOCK`, socketOf(part)],
          [`${name}_ADDR`, part.address],
          [`${name}_CONF`, configFileOf(part)],
        ] as const)),
  ];
};

const userVariables = (user: UserPlan, pids: Pids): Variables => {
  const of = (variable: string): string => `${variable}_${user.name}`;
  return [
    [of('SMTP'), user.smtp],
    [of('POP'), user.pop3],
    [of('SOCK'), socketOf(user)],
    [of('MAILDIR'), maildirOf(user)],
    [of('DROP'), dropFolderOf(user)],
    [of('DATA'), user.dataDir],
    [of('CONF'), configFileOf(user)],
    [of('PID'), String(pids.get(user.name) ?? '')],
    [of('ADDR'), user.account],
  ];
};
