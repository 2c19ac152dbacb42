/**
 * A child process for `drop-many.test.ts`: watches a drop folder, and dies as by a power switch when
 * so many mails are accepted, wherever it is with the others. With 0 it lives until the folder is
 * empty, and says how many mails are in the outbox.
 *
 * Arguments: data directory of the client, drop folder, mails.
 * @module
 */
import { readdir } from 'node:fs/promises';
import { watchDrop } from '../../../bridges/maildir/index.js';
import { memoryLog } from '../../../src/io/memory.js';
import { nodeClock } from '../../../src/io/node.js';
import { ALICE, openDropClient } from './drop-client.js';

const [dataDir = '', directory = '', text = '0'] = process.argv.slice(2);
const limit = Number(text);
const clock = nodeClock();

const client = await openDropClient(dataDir);
let accepted = 0;
const watched = await watchDrop({
  client: {
    send: (options) =>
      client.send(options).map((sent) => {
        accepted++;
        // Half of the time before the file is moved, and half of the time after.
        if (accepted === limit) setTimeout(() => process.kill(process.pid, 'SIGKILL'), limit % 2);
        return sent;
      }),
  },
  account: ALICE,
  directory,
  rescanMs: 10_000,
  stableMs: 50,
  clock,
  log: memoryLog(),
});
const drop = watched._unsafeUnwrap();

const waiting = async (): Promise<number> => {
  const places = await Promise.all(
    ['new', 'cur', '.'].map((each) => readdir(`${directory}/${each}`)),
  );
  return places.flat().filter((name) => name.startsWith('mail')).length;
};
while ((await waiting()) > 0) await clock.sleep(500);
await drop.close();
console.log(client.outbox.list().length);
await client.close();
