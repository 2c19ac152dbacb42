/**
 * A configuration with what the service manager has passed to this process.
 * @module
 */
import { credentialFile, passedSockets } from '../systemd/inherited.js';
import type { DaemonConfig } from './config.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The credential that holds the storage key. */
const STORAGE_KEY = 'storage.key';

/**
 * Sockets take the place of the file's addresses, a secret that of the key file.
 *
 * A listener that the file turns off stays off.
 */
export const withInherited = (config: DaemonConfig, env: Environment): DaemonConfig => {
  const sockets = passedSockets(env, process.pid);
  const smtp = config.smtp === undefined ? undefined : (sockets.get('smtp') ?? config.smtp);
  const pop3 = config.pop3 === undefined ? undefined : (sockets.get('pop3') ?? config.pop3);
  const storageCredential = credentialFile(env, STORAGE_KEY);
  return {
    ...config,
    ...(smtp === undefined ? {} : { smtp }),
    ...(pop3 === undefined ? {} : { pop3 }),
    ...(storageCredential === undefined ? {} : { storageCredential }),
  };
};
