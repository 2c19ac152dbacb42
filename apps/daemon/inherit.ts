/**
 * A configuration with what the service manager has passed to this process.
 * @module
 */
import { credentialFile, passedSockets } from '../systemd/inherited.js';
import type { DaemonConfig } from './config.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Those that can be passed, by their names there and here. */
const LISTENERS = ['smtp', 'pop3', 'lmtp'] as const;

/** The credential that holds the storage key. */
const STORAGE_KEY = 'storage.key';

/**
 * Sockets take the place of the file's addresses, a secret that of the key file.
 *
 * A listener that the file turns off stays off.
 */
export const withInherited = (config: DaemonConfig, env: Environment): DaemonConfig => {
  const sockets = passedSockets(env, process.pid);
  const passed = LISTENERS.flatMap((name) => {
    const socket = config[name] === undefined ? undefined : sockets.get(name);
    return socket === undefined ? [] : [[name, socket] as const];
  });
  const storageCredential = credentialFile(env, STORAGE_KEY);
  return {
    ...config,
    ...Object.fromEntries(passed),
    ...(storageCredential === undefined ? {} : { storageCredential }),
  };
};
