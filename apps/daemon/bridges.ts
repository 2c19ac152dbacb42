/**
 * The bridges that a daemon's configuration asks for.
 * @module
 */
import { ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import { deliverToMaildir, watchDrop } from '../../bridges/maildir/index.js';
import { servePop3 } from '../../bridges/pop3/index.js';
import { serveSmtp } from '../../bridges/smtp/index.js';
import type { Resources } from '../../servers/node/resources.js';
import type { RunningBridge } from '../../src/control/serve.js';
import type { Io, ListenError } from '../../src/io/contracts.js';
import type { Address, MixClient } from '../../src/index.js';
import type { DaemonConfig } from './config.js';
import type { DaemonError } from './errors.js';

export interface BridgeWorld {
  readonly io: Io;
  readonly client: MixClient;
  readonly passwords: ReadonlyMap<Address, string>;
  readonly resources: Resources;
}

/** Where mail programs connect. */
export interface Listeners {
  readonly smtp: string | undefined;
  readonly pop3: string | undefined;
}

/** Opens the folders of all accounts, then the listeners. */
export const openBridges = (
  config: DaemonConfig,
  world: BridgeWorld,
): ResultAsync<Listeners, DaemonError> =>
  safeTry(async function* () {
    for (const [index, account] of world.client.accounts.list().entries()) {
      yield* openMaildir(world, account, config.folders[index]?.maildir);
      yield* openDrop(world, account, config.folders[index]?.dropFolder);
    }
    const running: RunningBridge[] = [];
    // Both take their time to say goodbye, so they do it together.
    world.resources.add(async () => {
      await Promise.all(running.map((bridge) => bridge.close()));
    });
    const smtp = yield* openSmtp(config, world);
    if (smtp) running.push(smtp);
    const pop3 = yield* openPop3(config, world);
    if (pop3) running.push(pop3);
    return ok({ smtp: smtp?.address, pop3: pop3?.address });
  });

const openMaildir = (
  { io, client, resources }: BridgeWorld,
  account: Address,
  directory: string | undefined,
): ResultAsync<void, DaemonError> =>
  directory === undefined
    ? okAsync(undefined)
    : deliverToMaildir({ ...io, client, account, directory })
        .map((delivery) => resources.add(() => delivery.close()))
        .mapErr(({ path, reason }) => ({ kind: 'mail-folder', key: 'Maildir', path, reason }));

const openDrop = (
  { io, client, resources }: BridgeWorld,
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
    : serveSmtp({ ...io, address: smtp, client, accounts: passwords, allowAnyPassword }).mapErr(
        refusedAt('Proxy.SMTPAddress'),
      );

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
      }).mapErr(refusedAt('Proxy.POP3Address'));

const refusedAt =
  (key: 'Proxy.SMTPAddress' | 'Proxy.POP3Address') =>
  ({ address, reason }: ListenError): DaemonError => ({ kind: 'listener', key, address, reason });
