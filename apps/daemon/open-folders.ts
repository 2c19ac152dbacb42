/**
 * Opens what one account has of folders and files for mail programs.
 * @module
 */
import { okAsync, type ResultAsync } from 'neverthrow';
import { deliverToMaildir, watchDrop, type FolderError } from '../../bridges/maildir/index.js';
import { deliverToMbox, drainMbox } from '../../bridges/mbox/index.js';
import type { Resources } from '../../servers/node/resources.js';
import type { Io } from '../../src/io/contracts.js';
import type { Address, MixClient } from '../../src/index.js';
import type { DaemonError } from './errors.js';
import type { AccountFolders } from './folder-config.js';

export interface FolderWorld {
  readonly io: Io;
  readonly client: MixClient;
  readonly account: Address;
  /** What is opened is closed with these. */
  readonly resources: Resources;
}

type FolderKey = Extract<DaemonError, { readonly kind: 'mail-folder' }>['key'];

/** Opens them all. @errors `mail-folder`; what is open by then stays in `resources` */
export const openFolders = (
  { io, client, account, resources }: FolderWorld,
  folders: AccountFolders,
): ResultAsync<void, DaemonError> => {
  const { maildir, dropFolder, mbox, dropMbox, rules = [], postDeliver = [] } = folders;
  const keepSent = folders.forgetSent !== true;
  const common = { ...io, client, account };
  const open = opener(resources);
  return open('Maildir', maildir, (directory) =>
    deliverToMaildir({ ...common, directory, rules, postDeliver }),
  )
    .andThen(() => open('Mbox', mbox, (path) => deliverToMbox({ ...common, path, postDeliver })))
    .andThen(() =>
      open('DropFolder', dropFolder, (directory) => watchDrop({ ...common, directory, keepSent })),
    )
    .andThen(() => open('DropMbox', dropMbox, (path) => drainMbox({ ...common, path, keepSent })));
};

interface Closing {
  close(): Promise<void>;
}

const opener =
  (resources: Resources) =>
  (
    key: FolderKey,
    path: string | undefined,
    begin: (path: string) => ResultAsync<Closing, FolderError>,
  ): ResultAsync<void, DaemonError> =>
    path === undefined
      ? okAsync(undefined)
      : begin(path)
          .map((running) => resources.add(() => running.close()))
          .mapErr((error) => ({
            kind: 'mail-folder',
            key,
            path: error.path,
            reason: error.reason,
          }));
