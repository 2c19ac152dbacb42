/** The authority of a network of processes, killed for three epochs under mail traffic. */
import { describe, expect, it } from 'vitest';
import { withDirectory } from '../support/directory.js';
import { isBuilt } from './program.js';
import { authorityAway } from './together/authority-away.js';
import { drill, prepareDrill } from './together/drill.js';

const EPOCH_MS = 15_000;

describe.skipIf(!isBuilt)('an authority that is killed for three epochs', () => {
  it('comes back to a network that needs no restart', () =>
    withDirectory(async (directory) => {
      const { accepted, problems } = await drill(
        await prepareDrill(directory, EPOCH_MS),
        authorityAway,
      );
      expect(problems).toEqual([]);
      expect(accepted).toBeGreaterThan(0);
    }));
});
