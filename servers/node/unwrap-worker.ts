/**
 * The unwrap thread's entry point, built as `workers/unwrap-worker.js`.
 * @module
 */
import { parentPort } from 'node:worker_threads';
import { selectPrimitives } from '../../src/crypto/select.js';
import type { ToUnwrapThread } from './unwrap-job.js';
import { makeUnwrapService } from './unwrap-service.js';

const port = parentPort;
if (!port) throw new Error('not a thread');

const receive = makeUnwrapService(selectPrimitives(), (message, transfer) =>
  port.postMessage(message, transfer),
);
// Only the pool talks to this thread, and in these types.
port.on('message', (message) => receive(message as ToUnwrapThread));
