/**
 * `postern testnet`: a whole network in the background, for trying things and for tests.
 * @module
 */
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { errAsync, type ResultAsync } from 'neverthrow';
import type { Io } from '../../../src/io/contracts.js';
import { nodeIo } from '../../../src/io/node.js';
import { crashProcess, restartProcess, startProcesses, stopAll } from '../../testnet/background.js';
import { shellText, variablesOf, type Pids } from '../../testnet/exports.js';
import type { TestnetFaults, TestnetPlan } from '../../testnet/plan.js';
import { loadPlan, prepareTestnet } from '../../testnet/prepare.js';
import { settleProcesses } from '../../testnet/settle.js';
import {
  advanceVirtual,
  crashVirtual,
  injectVirtual,
  restartVirtual,
  settleVirtual,
  startVirtual,
  stopVirtual,
} from '../../testnet/virtual/control.js';
import { serveVirtual } from '../../testnet/virtual/serve.js';
import { finishWith, type Cli } from '../cli.js';
import { durationMs, fraction, sizeBytes } from '../duration.js';
import type { CliError } from '../errors.js';
import { awaitStop } from '../stop.js';

interface UpOptions {
  readonly dir: string;
  readonly export?: boolean;
  readonly virtual?: boolean;
  readonly loss: number;
  readonly dup: number;
  readonly reorder?: boolean;
  readonly lambdaP?: number;
  readonly lambdaL?: number;
  readonly lambdaD?: number;
  readonly mu?: number;
  readonly poll?: number;
  readonly epoch?: number;
  readonly payload: number;
}

interface DirOptions {
  readonly dir: string;
}

/** Mean times, ms: fast enough to watch, and slow enough for a small machine. */
const FAST = { mu: 60, lambdaP: 120, lambdaL: 1000, lambdaD: 4000, epoch: 1_200_000 };
/** So slow that days pass quickly. */
const SLOW = {
  mu: 20_000,
  lambdaP: 240_000,
  lambdaL: 1_800_000,
  lambdaD: 7_200_000,
  epoch: 3_600_000,
};
/** How far packets may be put out of order, in means of the delay at one hop. */
const REORDER_MEANS = 4;
const DEFAULT_PAYLOAD = 50_642;
const SETTLE_LIMIT_MS = 300_000;

export const addTestnet = (program: Command, cli: Cli): void => {
  const testnet = program
    .command('testnet')
    .description('a whole mix network with three users, in the background');
  addUp(testnet, cli);
  const simple = (name: string, what: string, run: Verb): void => {
    withDirectory(testnet.command(name).description(what)).action((options: DirOptions) =>
      finishWith(cli, onNetwork(options, run)),
    );
  };
  simple('down', 'end all processes of the network', down);
  addSettle(testnet, cli);
  simple('inject', 'deliver all captured mail blocks once more (virtual time only)', (plan, io) =>
    injectVirtual(plan, io).map((count) => cli.terminal.print(`${count} blocks`)),
  );
  addNamed(testnet, cli);
  addClock(testnet, cli);
  withDirectory(testnet.command('serve', { hidden: true })).action((options: DirOptions) =>
    finishWith(
      cli,
      onNetwork(options, (plan) => serveVirtual(plan, awaitStop())),
    ),
  );
};

type Verb = (plan: TestnetPlan, io: Io) => ResultAsync<unknown, CliError>;

const withDirectory = (command: Command): Command =>
  command.requiredOption('--dir <dir>', 'the directory of the network');

/** Two commands may take the option, so neither can demand it. */
const NO_DIRECTORY: CliError = { kind: 'usage', option: '--dir', problem: 'must be given' };

const onNetwork = ({ dir }: Partial<DirOptions>, run: Verb): ResultAsync<unknown, CliError> =>
  dir === undefined
    ? errAsync(NO_DIRECTORY)
    : loadPlan(resolve(dir))
        .mapErr((error): CliError => error)
        .andThen((plan) => run(plan, nodeIo()));

const addUp = (testnet: Command, cli: Cli): void => {
  const mean = (flags: string, what: string): Option =>
    new Option(flags, `mean time ${what}`).argParser(durationMs);
  withDirectory(testnet.command('up'))
    .description('make and start a network; returns when mail can flow')
    .option('--export', 'print shell assignments of its addresses and paths')
    .option('--virtual', 'one process on a clock that only moves when told to')
    .addOption(
      new Option('--loss <part>', 'packets lost in each direction').argParser(fraction).default(0),
    )
    .addOption(new Option('--dup <part>', 'packets repeated').argParser(fraction).default(0))
    .option('--reorder', 'packets overtake each other')
    .addOption(mean('--lambda-p <time>', 'between a client’s packets'))
    .addOption(mean('--lambda-l <time>', 'between a client’s loop decoys'))
    .addOption(mean('--lambda-d <time>', 'between a client’s drop decoys'))
    .addOption(mean('--mu <time>', 'of the delay at one hop'))
    .addOption(mean('--poll <time>', 'between a client’s retrievals'))
    .addOption(new Option('--epoch <time>', 'length of an epoch').argParser(durationMs))
    .addOption(
      new Option('--payload <size>', 'user payload of a packet')
        .argParser(sizeBytes)
        .default(DEFAULT_PAYLOAD),
    )
    .action((options: UpOptions) => finishWith(cli, up(cli, options)));
};

const up = (cli: Cli, options: UpOptions): ResultAsync<void, CliError> => {
  process.umask(0o077);
  const io = nodeIo();
  const pace = paceOf(options);
  const wanted = {
    kind: options.virtual ? 'virtual' : 'processes',
    directory: resolve(options.dir),
    pace,
    faults: faultsOf(options, pace.mu),
    payload: options.payload,
  } as const;
  return prepareTestnet(wanted, io)
    .andThen((plan) => {
      const started = options.virtual ? startVirtual(plan, io) : startProcesses(plan, io);
      return started.andThen((pids) => tell(cli, options, { plan, pids, io }));
    })
    .mapErr((error): CliError => error);
};

const paceOf = (options: UpOptions): TestnetPlan['pace'] => {
  const usual = options.virtual ? SLOW : FAST;
  return {
    mu: options.mu ?? usual.mu,
    lambdaP: options.lambdaP ?? usual.lambdaP,
    lambdaL: options.lambdaL ?? usual.lambdaL,
    lambdaD: options.lambdaD ?? usual.lambdaD,
    epoch: options.epoch ?? usual.epoch,
    ...(options.poll === undefined ? {} : { poll: options.poll }),
  };
};

const faultsOf = ({ loss, dup, reorder }: UpOptions, muMs: number): TestnetFaults => ({
  loss,
  duplicate: dup,
  reorderMs: reorder ? REORDER_MEANS * muMs : 0,
});

const tell = (
  { terminal }: Cli,
  options: UpOptions,
  { plan, pids, io }: { readonly plan: TestnetPlan; readonly pids: Pids; readonly io: Io },
): ResultAsync<void, CliError> =>
  variablesOf(plan, pids, io)
    .mapErr((error): CliError => error)
    .map((variables) => {
      if (options.export) terminal.print(shellText(variables));
      else
        terminal.print(
          `The network is up; end it with: postern testnet down --dir ${plan.directory}`,
        );
    });

const down: Verb = (plan, io) =>
  plan.kind === 'virtual' ? stopVirtual(plan, io) : stopAll(plan, io);

const addSettle = (testnet: Command, cli: Cli): void => {
  withDirectory(testnet.command('settle'))
    .description('wait until no mail is underway')
    .addOption(
      new Option('--limit <time>', 'wait no longer (of real time)')
        .argParser(durationMs)
        .default(SETTLE_LIMIT_MS),
    )
    .action((options: DirOptions & { readonly limit: number }) =>
      finishWith(
        cli,
        onNetwork(options, (plan, io) =>
          plan.kind === 'virtual'
            ? settleVirtual(plan, io)
            : settleProcesses(plan, io, options.limit),
        ),
      ),
    );
};

const addNamed = (testnet: Command, cli: Cli): void => {
  const verbs = {
    crash: {
      what: 'end a part without letting it finish anything',
      real: crashProcess,
      virtual: crashVirtual,
    },
    start: {
      what: 'start a part that is not running',
      real: restartProcess,
      virtual: restartVirtual,
    },
  } as const;
  for (const [name, { what, real, virtual }] of Object.entries(verbs)) {
    withDirectory(
      testnet.command(name).description(what).argument('<name>', 'such as mix1, p2 or B'),
    ).action((part: string, options: DirOptions) =>
      finishWith(
        cli,
        onNetwork(options, (plan, io) =>
          (plan.kind === 'virtual' ? virtual : real)(plan, part, io),
        ),
      ),
    );
  }
};

const addClock = (testnet: Command, cli: Cli): void => {
  const advance = (ms: number, options: Partial<DirOptions>): Promise<void> =>
    finishWith(
      cli,
      onNetwork(options, (plan, io) =>
        plan.kind === 'virtual'
          ? advanceVirtual(plan, io, ms).map((nowMs) =>
              cli.terminal.print(new Date(nowMs).toISOString()),
            )
          : errAsync({ kind: 'only-virtual', command: 'clock advance' }),
      ),
    );
  const clock = testnet.command('clock').description('the clock of a network on virtual time');
  clock.option('--dir <dir>', 'the directory of the network');
  clock
    .command('advance')
    .description('let time pass')
    .argument('<time>', 'such as 30m, 12h or 4d', durationMs)
    .option('--dir <dir>', 'the directory of the network')
    .action((ms: number, _options: unknown, command: Command) =>
      advance(ms, command.optsWithGlobals<Partial<DirOptions>>()),
    );
};
