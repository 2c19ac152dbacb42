/**
 * Where things go when nobody says.
 * @module
 */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** In the directory of a person's accounts. */
export const CONFIG_FILE = 'config.toml';

/** A person's accounts, where desktop programs keep such things. */
export const defaultDirectory = (env: Readonly<Record<string, string | undefined>>): string =>
  join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'postern');
