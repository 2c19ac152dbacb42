/** A network on this machine that newcomers can join, and a newcomer's world. */
import { nodeIo } from '../../../src/io/node.js';
import type { Io } from '../../../src/io/contracts.js';
import { toBase64 } from '../../../src/bytes/text.js';
import { memoryStores } from '../../../src/store/memory.js';
import { startNetwork, type TestNetwork } from '../../../testkit/network.js';
import type { Prompter } from '../../../apps/cli/prompter.js';
import { initialise, type Initialised } from '../../../apps/init/init.js';
import type { InitError } from '../../../apps/init/errors.js';
import type { InitWish } from '../../../apps/init/wish.js';
import { openDirectory } from '../../support/directory.js';

const silent = { write: () => undefined };
const MEANS = { mu: 50, lambdaP: 500, lambdaL: 1000, lambdaD: 1000, lambdaM: 10_000 };
const READY = { timeout: 60_000, interval: 50 };

export interface Town {
  readonly io: Io;
  readonly network: TestNetwork;
  readonly env: Readonly<Record<string, string>>;
  /** A fresh directory that goes with the town. */
  directory(): Promise<string>;
  close(): Promise<void>;
}

/** @param takesNewcomers - whether providers take registrations */
export const openTown = async (
  waitFor: (isSo: () => boolean, options: typeof READY) => Promise<unknown>,
  { takesNewcomers = true } = {},
): Promise<Town> => {
  const { http, ...world } = nodeIo();
  const withoutHttp: Io = { ...world, log: silent };
  const io: Io = { ...withoutHttp, http };
  const opened = [await openDirectory()];
  const network = (
    await startNetwork({
      io: takesNewcomers ? io : withoutHttp,
      openStore: memoryStores().open,
      dataDir: opened[0]!.path,
      means: MEANS,
    })
  )._unsafeUnwrap();
  await waitFor(() => network.isReady(), READY);
  const { addresses, publicKey } = network.config.authority;
  return {
    io,
    network,
    env: { AUTH_ADDR: addresses[0] ?? '', AUTH_KEY: toBase64(publicKey) },
    directory: async () => {
      const directory = await openDirectory();
      opened.push(directory);
      return directory.path;
    },
    close: async () => {
      await network.close();
      for (const directory of opened) await directory.dispose();
    },
  };
};

export type Outcome =
  | { readonly kind: 'done'; readonly made: Initialised; readonly told: readonly string[] }
  | { readonly kind: 'failed'; readonly error: InitError; readonly told: readonly string[] };

export interface Circumstances {
  readonly io?: Io;
  readonly env?: Readonly<Record<string, string>>;
  readonly prompter?: Prompter;
}

/** One run of init in a directory. */
export const init = async (
  town: Pick<Town, 'io' | 'env'>,
  directory: string,
  wish: InitWish,
  { io = town.io, env = town.env, prompter }: Circumstances = {},
): Promise<Outcome> => {
  const told: string[] = [];
  const places = { configFile: `${directory}/config.toml`, dataDir: `${directory}/data` };
  const deps = { io, env, prompter, tell: (line: string) => void told.push(line) };
  return initialise(deps, places, wish).match(
    (made): Outcome => ({ kind: 'done', made, told }),
    (error): Outcome => ({ kind: 'failed', error, told }),
  );
};

/** Answers in the order of the questions; `undefined` gives up. */
export const answering = (
  ...answers: readonly (string | boolean | undefined)[]
): Prompter & { readonly asked: string[] } => {
  const left = [...answers];
  const asked: string[] = [];
  const next = (message: string): string | boolean | undefined => {
    asked.push(message);
    return left.shift();
  };
  return {
    asked,
    text: async ({ message, problemWith }) => {
      for (;;) {
        const answer = next(message);
        if (typeof answer !== 'string') return undefined;
        if (problemWith(answer) === undefined) return answer;
      }
    },
    confirm: async (message) => {
      const answer = next(message);
      return typeof answer === 'boolean' ? answer : undefined;
    },
    secret: async (message) => {
      const answer = next(message);
      return typeof answer === 'string' ? answer : undefined;
    },
  };
};
