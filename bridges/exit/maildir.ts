/**
 * An exit into a Maildir: a mail is a file in `new/`, under the name that is its own for ever.
 * @module
 */
import * as z from 'zod';
import { makeFolder } from '../files/disk.js';
import { putMail } from '../maildir/deliver.js';
import { MAILDIR_DIRECTORIES } from '../maildir/folder.js';
import { DELIVERED, later, type ExitModule } from './contracts.js';
import { absolutePath } from './section.js';

const section = z.strictObject({
  Path: absolutePath.describe('the Maildir; made where it is missing'),
});

/** A file system that has no room, or lets nobody in, may have or do so later: it is tried again. */
export const maildirExit = {
  name: 'maildir',
  section,
  open: ({ Path: path }) => ({
    advertised: {},
    deliver: (mail) =>
      makeFolder(path, MAILDIR_DIRECTORIES)
        .andThen(() => putMail(path, mail))
        .match(
          () => DELIVERED,
          ({ reason }) => later(reason),
        ),
  }),
} satisfies ExitModule<z.output<typeof section>>;
