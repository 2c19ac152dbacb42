/** Whether the package is built, for tests that use it by its name as its users do. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { entries } from '../../entries.config.js';

const root = join(import.meta.dirname, '..', '..');

const findReason = (): string | undefined => {
  const built = Object.keys(entries.library).map((name) => join(root, 'dist', `${name}.js`));
  const missing = built.find((file) => !existsSync(file));
  return missing === undefined
    ? undefined
    : `skipped: ${missing} is not built; \`npm test\` builds first`;
};

/** `undefined` when the build is there; else the reason, which is printed. */
export const builtOrReason = (): string | undefined => {
  const reason = findReason();
  if (reason !== undefined) console.warn(reason);
  return reason;
};
