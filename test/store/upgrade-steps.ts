/** Steps beyond those that there are: one adds something to every record, one takes it away again. */
import { STEPS, type FormatStep } from '../../src/store/sqlite/format.js';

/** @param between - called while a step is half done */
export const longerSteps = (between: () => void): readonly FormatStep[] => [
  ...STEPS,
  {
    from: 2,
    run: (database) => {
      database.exec('ALTER TABLE record ADD COLUMN twin BLOB');
      between();
      database.exec('UPDATE record SET twin = sealed');
    },
  },
  { from: 3, run: (database) => database.exec('ALTER TABLE record DROP COLUMN twin') },
];

export const LONGER_FORMAT = 4;
