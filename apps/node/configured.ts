/**
 * The file of an authority, mix or provider, read so that another version can be compared with it.
 * @module
 */
import type { Result } from 'neverthrow';
import type * as z from 'zod';
import { settingsOf, type Settings } from '../config/settings.js';
import { readToml, type ConfigProblem } from '../config/toml.js';
import { authoritySchema } from './authority-schema.js';
import { readAuthorityConfig, readServerConfig, type NodeConfig } from './config.js';
import type { Role } from './role.js';
import { serverSchema } from './schema.js';

/** A configuration, and the file that it was read from, key by key. */
export interface ConfiguredNode {
  readonly config: NodeConfig;
  readonly settings: Settings;
}

/** The keys that a role's file may have. */
export const schemaOf = (role: Role): z.ZodType =>
  role === 'authority' ? authoritySchema : serverSchema;

/** Reads a file so that it can be compared. @errors every problem found */
export const readConfiguredNode =
  (role: Role) =>
  (source: string, file: string): Result<ConfiguredNode, readonly ConfigProblem[]> =>
    readConfig(role, source, file).andThen((config) =>
      readToml(schemaOf(role), source, file).map((table) => ({
        config,
        settings: settingsOf(table),
      })),
    );

const readConfig = (
  role: Role,
  source: string,
  file: string,
): Result<NodeConfig, readonly ConfigProblem[]> =>
  role === 'authority' ? readAuthorityConfig(source, file) : readServerConfig(source, file);
