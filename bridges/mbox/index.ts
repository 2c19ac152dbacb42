/**
 * The mbox bridge: received mail in one file, and a file that sends what is appended to it.
 * @module
 */
export type { FolderError } from '../files/disk.js';
export { deliverToMbox, type MboxDeliveryOptions, type RunningMbox } from './deliver.js';
export { drainMbox, type DrainOptions, type RunningDrain } from './drain.js';
