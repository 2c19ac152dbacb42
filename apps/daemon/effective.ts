/**
 * What a daemon's file really says: with everything filled in that it leaves out.
 * @module
 */
import { normaliseUser } from '../../src/mail/address.js';
import { normaliseDomain } from '../../src/mail/domain.js';
import { loggingSchema } from '../config/keys.js';
import { completeStorage } from '../config/storage-key.js';
import { labelOf } from './account-rules.js';
import { recipientDirOf, socketOf } from './config.js';
import type { DaemonFile } from './schema.js';
import { upstreamSchema } from './upstream.js';

/** Both sides of the address in their normal form, and the label by the documents' name. */
const accountOf = (file: DaemonFile, account: DaemonFile['Account'][number]) => {
  const caseSensitive = file.Debug.CaseSensitiveUserIdentifiers;
  return {
    ...account,
    User: normaliseUser(account.User, { caseSensitive }) ?? account.User,
    Provider: normaliseDomain(account.Provider) ?? account.Provider,
    Authority: labelOf(account),
    NonvotingAuthority: undefined,
  };
};

/** The same file, with the tables and paths that follow from others. */
export const completeDaemonFile = (file: DaemonFile): DaemonFile => ({
  ...file,
  Proxy: { ...file.Proxy, RecipientDir: recipientDirOf(file) },
  Logging: file.Logging ?? loggingSchema.parse({}),
  Management: { Enable: file.Management?.Enable ?? false, Path: socketOf(file) },
  Storage: completeStorage(file.Storage, file.Proxy.DataDir),
  Account: file.Account.map((account) => accountOf(file, account)),
  UpstreamProxy: file.UpstreamProxy ?? upstreamSchema.parse({}),
});
