/**
 * The certificate with which a listener meets others than this machine.
 * @module
 */
import { createSecureContext } from 'node:tls';
import { err, ok, okAsync, type Result, ResultAsync } from 'neverthrow';
import { parseAddress } from '../../src/io/address.js';
import type { Files } from '../../src/io/contracts.js';
import type { NodeTlsOptions } from '../../src/io/node.js';
import type { TlsFiles } from './config.js';
import type { DaemonError } from './errors.js';

/**
 * Reads both files, where there are any, and tries whether they belong together.
 *
 * @errors `tls-file`
 */
export const loadTls = (
  files: Files,
  tls: TlsFiles | undefined,
): ResultAsync<NodeTlsOptions | undefined, DaemonError> => {
  if (tls === undefined) return okAsync(undefined);
  return ResultAsync.combine([
    readPem(files, 'Proxy.TLSCertFile', tls.certFile),
    readPem(files, 'Proxy.TLSKeyFile', tls.keyFile),
  ]).andThen(([cert, key]) => usable({ cert, key }, tls));
};

/** Whether nobody but this machine reaches a listener. */
export const isPrivate = (address: string): boolean => {
  const parsed = parseAddress(address);
  if (parsed?.kind !== 'tcp') return parsed !== undefined;
  return parsed.host === '::1' || parsed.host.startsWith('127.');
};

const readPem = (
  files: Files,
  key: 'Proxy.TLSCertFile' | 'Proxy.TLSKeyFile',
  path: string,
): ResultAsync<string, DaemonError> =>
  files
    .read(path)
    .map((bytes) => new TextDecoder().decode(bytes))
    .mapErr(({ reason }) => ({ kind: 'tls-file', key, path, problem: reason }));

const usable = (
  credentials: NodeTlsOptions,
  { keyFile: path }: TlsFiles,
): Result<NodeTlsOptions, DaemonError> => {
  try {
    createSecureContext(credentials);
    return ok(credentials);
  } catch {
    return err({ kind: 'tls-file', key: 'Proxy.TLSKeyFile', path, problem: 'no-pair' });
  }
};
