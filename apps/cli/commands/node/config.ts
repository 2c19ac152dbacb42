/**
 * The configuration that a verb of `postern node` means.
 * @module
 */
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import type { NodeConfig } from '../../../node/config.js';
import { readConfiguredNode, type ConfiguredNode } from '../../../node/configured.js';
import type { Role } from '../../../node/role.js';
import type { Cli } from '../../cli.js';
import type { CliError } from '../../errors.js';
import { readConfigFile, roleConfigPath } from '../../files.js';

/** What every verb takes. */
export interface NodeFlags {
  readonly config?: string;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Reads the file of a part. @errors also `usage`: it is that of another role */
export const configuredOf = (
  { terminal }: Cli,
  role: Role,
  told: string | undefined,
): ResultAsync<ConfiguredNode, CliError> =>
  readConfigFile(roleConfigPath(terminal, role, told), readConfiguredNode(role))
    .mapErr((error): CliError => error)
    .andThen((configured) => checkRole(role, configured.config).map(() => configured));

const checkRole = (role: Role, { kind }: NodeConfig): Result<void, CliError> =>
  kind === role
    ? ok(undefined)
    : err({ kind: 'usage', option: '--config', problem: `this is the file of a ${kind}` });

/** The same command line, which shows nothing but errors. */
export const quietly = (cli: Cli, quiet: boolean | undefined): Cli =>
  quiet === true ? { ...cli, terminal: { ...cli.terminal, print: () => undefined } } : cli;
