/**
 * The Maildir bridge: received mail as files, and a folder that sends what is put into it.
 * @module
 */
export { deliverToMaildir, type DeliveryOptions, type RunningDelivery } from './deliver.js';
export { watchDrop, type DropOptions, type RunningDrop } from './drop.js';
export type { FolderError } from '../files/disk.js';
export type { Condition, Rule } from './rules.js';
