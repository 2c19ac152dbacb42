/**
 * The bridges that a daemon's configuration asks for.
 * @module
 */
import { errAsync, ok, okAsync, type Result, ResultAsync, safeTry } from 'neverthrow';
import { servePop3 } from '../../bridges/pop3/index.js';
import { serveSmtp, type RunningSmtp } from '../../bridges/smtp/index.js';
import type { RunningBridge } from '../../src/control/serve.js';
import { parseDescriptor } from '../../src/io/address.js';
import type { Io, ListenError, TlsServer } from '../../src/io/contracts.js';
import { nodeTls, type NodeTlsOptions } from '../../src/io/node.js';
import type { Address, MixClient } from '../../src/index.js';
import type { DaemonConfig } from './config.js';
import type { DaemonError, ListenerKey } from './errors.js';
import { isPrivate, loadTls } from './tls.js';

export interface BridgeWorld {
  readonly io: Io;
  readonly client: MixClient;
  readonly passwords: ReadonlyMap<Address, string>;
}

/** The listeners of mail programs. */
export interface MailListeners {
  readonly smtp: RunningBridge | undefined;
  readonly pop3: RunningBridge | undefined;
  readonly lmtp: RunningBridge | undefined;
}

export interface OpenListeners extends MailListeners {
  /** Reads the certificate again, for connections that come then; after an error it stays. */
  renewCertificate(): ResultAsync<void, DaemonError>;
}

/** Opens the listeners; where one fails, the others are closed again. */
export const openListeners = (
  config: DaemonConfig,
  world: BridgeWorld,
): ResultAsync<OpenListeners, DaemonError> =>
  loadTls(world.io.files, config.tls).andThen((tls) =>
    safeTry(async function* () {
      const opened: RunningBridge[] = [];
      const pop3Tls = tls && nodeTls(tls);
      const open = async <T extends RunningBridge>(
        bridge: Opening<T>,
      ): Promise<Result<T | undefined, DaemonError>> => {
        const result = await bridge;
        if (result.isOk() && result.value !== undefined) opened.push(result.value);
        if (result.isErr()) await Promise.all(opened.map((each) => each.close()));
        return result;
      };
      const smtp = yield* await open(openSmtp(config, world, tls));
      const pop3 = yield* await open(openPop3(config, world, pop3Tls));
      const lmtp = yield* await open(openLmtp(config, world));
      const renew = (next: NodeTlsOptions): void => {
        smtp?.renewCertificate(next);
        pop3Tls?.renew(next);
      };
      const renewCertificate = (): ResultAsync<void, DaemonError> =>
        loadTls(world.io.files, config.tls).map((next) => next && renew(next));
      return ok({ smtp, pop3, lmtp, renewCertificate });
    }),
  );

type Opening<T extends RunningBridge = RunningBridge> = ResultAsync<T | undefined, DaemonError>;

const openSmtp = (
  { smtp, allowAnyPassword, foreignFrom = 'refuse' }: DaemonConfig,
  { io, client, passwords }: BridgeWorld,
  tls: NodeTlsOptions | undefined,
): Opening<RunningSmtp> => {
  if (smtp === undefined) return okAsync(undefined);
  const isExposed = tls !== undefined && !isPrivate(placeOf(smtp));
  const options = { ...io, client, accounts: passwords, allowAnyPassword, foreignFrom };
  return serveSmtp({ ...options, address: smtp, ...(isExposed ? { tls } : {}) })
    .mapErr(refusedAt('Proxy.SMTPAddress'))
    .andThen((bridge) =>
      isExposed ? okAsync(bridge) : requirePrivate('Proxy.SMTPAddress', bridge),
    );
};

const openLmtp = (
  { lmtp, allowAnyPassword, foreignFrom = 'refuse' }: DaemonConfig,
  { io, client, passwords }: BridgeWorld,
): Opening => {
  if (lmtp === undefined) return okAsync(undefined);
  const options = { ...io, client, accounts: passwords, allowAnyPassword, foreignFrom };
  return serveSmtp({ ...options, address: lmtp, protocol: 'lmtp' })
    .mapErr(refusedAt('Proxy.LMTPAddress'))
    .andThen((bridge) => requirePrivate('Proxy.LMTPAddress', bridge));
};

const openPop3 = (
  { pop3, allowAnyPassword }: DaemonConfig,
  { io, client, passwords }: BridgeWorld,
  tls: TlsServer | undefined,
): Opening => {
  if (pop3 === undefined) return okAsync(undefined);
  const isExposed = tls !== undefined && !isPrivate(placeOf(pop3));
  const options = { ...io, client, accounts: passwords, allowAnyPassword, reader: 'pop3' };
  return servePop3({ ...options, address: pop3, ...(isExposed ? { tls } : {}) })
    .mapErr(refusedAt('Proxy.POP3Address'))
    .andThen((bridge) =>
      isExposed ? okAsync(bridge) : requirePrivate('Proxy.POP3Address', bridge),
    );
};

/**
 * Closes what others than this machine reach and speaks in clear; a socket that was passed to us has
 * not gone through the rules of the file.
 */
const requirePrivate = <T extends RunningBridge>(
  key: ListenerKey,
  bridge: T,
): ResultAsync<T, DaemonError> => {
  const { address } = bridge;
  if (isPrivate(address)) return okAsync(bridge);
  const exposed: DaemonError = { kind: 'exposed-socket', key, address };
  return ResultAsync.fromSafePromise(bridge.close()).andThen(() => errAsync(exposed));
};

/** Where a socket that was passed to us listens is not known before. */
const placeOf = (address: string): string =>
  parseDescriptor(address) === undefined ? address : '';

const refusedAt =
  (key: ListenerKey) =>
  ({ address, reason }: ListenError): DaemonError => ({ kind: 'listener', key, address, reason });
