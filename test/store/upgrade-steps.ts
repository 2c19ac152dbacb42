/** Steps beyond those that there are: one adds something to every record, one takes it away again. */
import { FORMAT, STEPS, type FormatStep } from '../../src/store/sqlite/format.js';

/** @param between - called while a step is half done */
export const longerSteps = (between: () => void): readonly FormatStep[] => [
  ...STEPS,
  {
    from: FORMAT,
    run: (database) => {
      database.exec('ALTER TABLE record ADD COLUMN twin BLOB');
      between();
      database.exec('UPDATE record SET twin = sealed');
    },
  },
  { from: FORMAT + 1, run: (database) => database.exec('ALTER TABLE record DROP COLUMN twin') },
];

export const LONGER_FORMAT = FORMAT + 2;
