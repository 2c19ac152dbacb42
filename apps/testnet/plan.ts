/**
 * The plan of a test network: its parts, where each of them lives, and how fast it goes.
 * @module
 */
import { join } from 'node:path';

/** Mean times, ms. */
export interface TestnetPace {
  readonly mu: number;
  readonly lambdaP: number;
  readonly lambdaL: number;
  readonly lambdaD: number;
  readonly epoch: number;
  /** Between two retrievals; from the document's rates where absent. */
  readonly poll?: number;
}

export interface TestnetFaults {
  /** 0 to 1. */
  readonly loss: number;
  readonly duplicate: number;
  readonly reorderMs: number;
}

export type PartRole = 'authority' | 'mix' | 'provider';

/** One of the network's own programs. */
export interface PartPlan {
  /** As commands and variables name it. */
  readonly name: string;
  readonly role: PartRole;
  /** As the documents name it. */
  readonly identifier: string;
  /** `host:port`. */
  readonly address: string;
  readonly directory: string;
  readonly dataDir: string;
  /** Where a provider takes registrations over HTTP, `host:port`. */
  readonly registration?: string;
}

/** One user with a daemon. */
export interface UserPlan {
  readonly name: string;
  readonly user: string;
  readonly provider: string;
  /** The whole address. */
  readonly account: string;
  readonly smtp: string;
  readonly pop3: string;
  readonly directory: string;
  readonly dataDir: string;
}

/** What is kept in the directory, so that later commands know the network. */
export interface TestnetPlan {
  readonly kind: 'processes' | 'virtual';
  readonly directory: string;
  readonly pace: TestnetPace;
  readonly faults: TestnetFaults;
  /** Bytes of a packet's user payload. */
  readonly payload: number;
  readonly parts: readonly PartPlan[];
  readonly users: readonly UserPlan[];
}

const PARTS: readonly Pick<PartPlan, 'name' | 'role' | 'identifier'>[] = [
  { name: 'auth', role: 'authority', identifier: 'authority' },
  { name: 'mix1', role: 'mix', identifier: 'mix1' },
  { name: 'mix2', role: 'mix', identifier: 'mix2' },
  { name: 'mix3', role: 'mix', identifier: 'mix3' },
  { name: 'p1', role: 'provider', identifier: 'p1.test' },
  { name: 'p2', role: 'provider', identifier: 'p2.test' },
];

const USERS: readonly Pick<UserPlan, 'name' | 'user' | 'provider'>[] = [
  { name: 'A', user: 'alice', provider: 'p1.test' },
  { name: 'B', user: 'bob', provider: 'p2.test' },
  { name: 'C', user: 'carol', provider: 'p1.test' },
];

const PROVIDER_COUNT = PARTS.filter(({ role }) => role === 'provider').length;

/** Ports that a network needs. */
export const PORT_COUNT = PARTS.length + PROVIDER_COUNT + 2 * USERS.length;

export type TestnetOptions = Pick<
  TestnetPlan,
  'kind' | 'directory' | 'pace' | 'faults' | 'payload'
>;

/** Gives every part its place; `ports` must have {@link PORT_COUNT} free ones. */
export const makePlan = (options: TestnetOptions, ports: readonly number[]): TestnetPlan => {
  const free = ports.values();
  const address = (): string => `127.0.0.1:${free.next().value ?? 0}`;
  const placeOf = (name: string) => {
    const directory = join(options.directory, name);
    return { directory, dataDir: join(directory, 'data') };
  };
  // On virtual time the parts live in one process, which has no file for each.
  const partPlaceOf = ({ name, identifier }: Pick<PartPlan, 'name' | 'identifier'>) => {
    const directory = join(options.directory, identifier);
    return options.kind === 'virtual' ? { directory, dataDir: directory } : placeOf(name);
  };
  return {
    ...options,
    parts: PARTS.map((part) => ({
      ...part,
      ...partPlaceOf(part),
      address: address(),
      ...(part.role === 'provider' ? { registration: address() } : {}),
    })),
    users: USERS.map((user) => ({
      ...user,
      ...placeOf(user.name),
      account: `${user.user}@${user.provider}`,
      smtp: address(),
      pop3: address(),
    })),
  };
};

/** What a part's or a user's directory holds beside the data. */
export const configFileOf = ({ directory }: { readonly directory: string }): string =>
  join(directory, 'config.toml');
export const logFileOf = ({ directory }: { readonly directory: string }): string =>
  join(directory, 'log');
/** What a program says before it has a log, and when it dies. */
export const outputFileOf = ({ directory }: { readonly directory: string }): string =>
  join(directory, 'output');
export const socketOf = ({ dataDir }: { readonly dataDir: string }): string =>
  join(dataDir, 'management_sock');
export const maildirOf = ({ directory }: UserPlan): string => join(directory, 'Maildir');
export const dropFolderOf = ({ directory }: UserPlan): string => join(directory, 'drop');
export const controlSocketOf = ({ directory }: TestnetPlan): string => join(directory, 'control');

export const authorityOf = ({ parts }: TestnetPlan): PartPlan => {
  const found = parts.find(({ role }) => role === 'authority');
  if (!found) throw new Error('a plan without an authority');
  return found;
};
