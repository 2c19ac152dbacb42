/**
 * The exits of one account: out of its tables, and running.
 * @module
 */
import {
  execExit,
  lmtpExit,
  maildirExit,
  runExit,
  smtpExit,
  webhookExit,
  type Exit,
  type ExitModule,
  type RetryPlan,
} from '../../bridges/exit/index.js';
import { parseRetryPlan } from '../../src/io/retry-plan.js';
import type { Io } from '../../src/io/contracts.js';
import type { ExitTable } from './exit-schema.js';
import type { FolderWorld } from './open-folders.js';

/** One exit of an account. */
export interface ExitPlan {
  readonly name: string;
  /** Absolute path of the Maildir of what it has failed with. */
  readonly failed: string;
  readonly retry: RetryPlan;
  /** Its module's name. */
  readonly module: string;
  readonly open: (io: Io) => Exit;
}

/** What a table says. */
export const exitPlanOf = ({ Name: name, Failed: failed, ...table }: ExitTable): ExitPlan => ({
  name,
  failed,
  retry: parseRetryPlan(table.Retry).unwrapOr([]),
  ...openingOf(table),
});

/** The name among the readers of the inbox. */
export const exitReaderOf = (name: string): string => `exit-${name}`;

type Opening = Pick<ExitPlan, 'module' | 'open'>;

const openingOf = ({
  Maildir,
  Exec,
  Webhook,
  SMTP,
  LMTP,
}: Omit<ExitTable, 'Name' | 'Failed'>): Opening => {
  if (Maildir !== undefined) return opening(maildirExit, Maildir);
  if (Exec !== undefined) return opening(execExit, Exec);
  if (Webhook !== undefined) return opening(webhookExit, Webhook);
  if (SMTP !== undefined) return opening(smtpExit, SMTP);
  if (LMTP !== undefined) return opening(lmtpExit, LMTP);
  throw new RangeError('an exit goes nowhere');
};

const opening = <Section>(module: ExitModule<Section>, section: Section): Opening => ({
  module: module.name,
  open: (io) => module.open(section, io),
});

/** Runs them until the resources are closed. */
export const openExits = (
  { io, client, account, resources }: FolderWorld,
  plans: readonly ExitPlan[],
): void => {
  for (const { name, failed, retry, module, open } of plans) {
    const exit = open(io);
    const reader = exitReaderOf(name);
    const running = runExit({ ...io, client, account, reader, exit, retry, failed });
    resources.add(() => running.close());
    io.log.write('notice', 'exit', 'an exit is open', { name, module, ...exit.advertised });
  }
};
