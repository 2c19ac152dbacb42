/**
 * A child process for `drop-once.test.ts`: watches a drop folder and dies, as by a power switch,
 * when the client has the first mail on disk and the file is still there.
 *
 * Arguments: data directory of the client, drop folder.
 * @module
 */
import { watchDrop } from '../../../bridges/maildir/index.js';
import { memoryLog } from '../../../src/io/memory.js';
import { nodeClock } from '../../../src/io/node.js';
import { ALICE, openDropClient } from './drop-client.js';

const [dataDir = '', directory = ''] = process.argv.slice(2);

const client = await openDropClient(dataDir);
const watched = await watchDrop({
  client: {
    send: (options) =>
      client.send(options).map((sent) => {
        process.kill(process.pid, 'SIGKILL');
        return sent;
      }),
  },
  account: ALICE,
  directory,
  clock: nodeClock(),
  log: memoryLog(),
});
watched._unsafeUnwrap();
