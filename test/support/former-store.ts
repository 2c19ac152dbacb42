/** A store's file as former versions wrote it. */
import { DatabaseSync } from '@photostructure/sqlite';

/** As records lay before the third format: numbered by their ids alone, with an index. */
const FORMER_TABLE = `
  ALTER TABLE record RENAME TO newer;
  CREATE TABLE record (
    number INTEGER PRIMARY KEY,
    collection BLOB NOT NULL, id BLOB NOT NULL, sealed BLOB NOT NULL,
    UNIQUE (collection, id)
  );
  INSERT INTO record SELECT first_bits(id), collection, id, sealed FROM newer;
  DROP TABLE newer;
  PRAGMA user_version = 1; PRAGMA application_id = 0;
  VACUUM`;

/** Leads the file of a closed store back to the first format: nothing in its header tells the key. */
export const makeFormer = (path: string): void => {
  const database = new DatabaseSync(path);
  database.function('first_bits', (id: Uint8Array) => Buffer.from(id).readBigInt64BE());
  database.exec(FORMER_TABLE);
  database.close();
};
