/**
 * The bridges that a daemon's configuration asks for.
 * @module
 */
import { err, errAsync, ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import { deliverToMaildir, watchDrop } from '../../bridges/maildir/index.js';
import { servePop3 } from '../../bridges/pop3/index.js';
import { serveSmtp } from '../../bridges/smtp/index.js';
import type { Resources } from '../../servers/node/resources.js';
import type { RunningBridge } from '../../src/control/serve.js';
import { parseAddress, parseDescriptor } from '../../src/io/address.js';
import type { Io, ListenError } from '../../src/io/contracts.js';
import type { Address, MixClient } from '../../src/index.js';
import type { AccountFolders, DaemonConfig } from './config.js';
import type { DaemonError } from './errors.js';

export interface BridgeWorld {
  readonly io: Io;
  readonly client: MixClient;
  readonly passwords: ReadonlyMap<Address, string>;
}

/** The listeners of mail programs. */
export interface MailListeners {
  readonly smtp: RunningBridge | undefined;
  readonly pop3: RunningBridge | undefined;
}

export interface FolderWorld extends BridgeWorld {
  readonly resources: Resources;
}

/** Opens the folders of one account, which are closed with `resources`. */
export const openFolders = (
  world: FolderWorld,
  account: Address,
  { maildir, dropFolder }: AccountFolders,
): ResultAsync<void, DaemonError> =>
  openMaildir(world, account, maildir).andThen(() => openDrop(world, account, dropFolder));

/** Opens the listeners; where one fails, the other is closed again. */
export const openListeners = (
  config: DaemonConfig,
  world: BridgeWorld,
): ResultAsync<MailListeners, DaemonError> =>
  safeTry(async function* () {
    const smtp = yield* openSmtp(config, world);
    const pop3 = await openPop3(config, world);
    if (pop3.isErr()) {
      await smtp?.close();
      return err(pop3.error);
    }
    return ok({ smtp, pop3: pop3.value });
  });

const openMaildir = (
  { io, client, resources }: FolderWorld,
  account: Address,
  directory: string | undefined,
): ResultAsync<void, DaemonError> =>
  directory === undefined
    ? okAsync(undefined)
    : deliverToMaildir({ ...io, client, account, directory })
        .map((delivery) => resources.add(() => delivery.close()))
        .mapErr(({ path, reason }) => ({ kind: 'mail-folder', key: 'Maildir', path, reason }));

const openDrop = (
  { io, client, resources }: FolderWorld,
  account: Address,
  directory: string | undefined,
): ResultAsync<void, DaemonError> =>
  directory === undefined
    ? okAsync(undefined)
    : watchDrop({ ...io, client, account, directory })
        .map((drop) => resources.add(() => drop.close()))
        .mapErr(({ path, reason }) => ({ kind: 'mail-folder', key: 'DropFolder', path, reason }));

const openSmtp = (
  { smtp, allowAnyPassword }: DaemonConfig,
  { io, client, passwords }: BridgeWorld,
): ResultAsync<RunningBridge | undefined, DaemonError> =>
  smtp === undefined
    ? okAsync(undefined)
    : serveSmtp({ ...io, address: smtp, client, accounts: passwords, allowAnyPassword })
        .mapErr(refusedAt('Proxy.SMTPAddress'))
        .andThen((bridge) => requirePrivate('Proxy.SMTPAddress', smtp, bridge));

const openPop3 = (
  { pop3, allowAnyPassword }: DaemonConfig,
  { io, client, passwords }: BridgeWorld,
): ResultAsync<RunningBridge | undefined, DaemonError> =>
  pop3 === undefined
    ? okAsync(undefined)
    : servePop3({
        ...io,
        address: pop3,
        client,
        accounts: passwords,
        allowAnyPassword,
        reader: 'pop3',
      })
        .mapErr(refusedAt('Proxy.POP3Address'))
        .andThen((bridge) => requirePrivate('Proxy.POP3Address', pop3, bridge));

type ListenerKey = 'Proxy.SMTPAddress' | 'Proxy.POP3Address';

/** A socket that was passed to us has not gone through the rules of the file. */
const requirePrivate = (
  key: ListenerKey,
  asked: string,
  bridge: RunningBridge,
): ResultAsync<RunningBridge, DaemonError> => {
  const { address } = bridge;
  if (parseDescriptor(asked) === undefined || isPrivate(address)) return okAsync(bridge);
  const exposed: DaemonError = { kind: 'exposed-socket', key, address };
  return ResultAsync.fromSafePromise(bridge.close()).andThen(() => errAsync(exposed));
};

const isPrivate = (address: string): boolean => {
  const parsed = parseAddress(address);
  if (parsed?.kind !== 'tcp') return parsed !== undefined;
  return parsed.host === '::1' || parsed.host.startsWith('127.');
};

const refusedAt =
  (key: ListenerKey) =>
  ({ address, reason }: ListenError): DaemonError => ({ kind: 'listener', key, address, reason });
