/**
 * A network in this process with two users: one for a daemon elsewhere, and a friend who lives here.
 * @module
 */
import { join } from 'node:path';
import { loadKeyPair } from '../../src/client/keys.js';
import { selectPrimitives } from '../../src/crypto/select.js';
import { MixClient } from '../../src/index.js';
import { openSqliteStore } from '../../src/store/sqlite.js';
import { startNetwork, type MeanTimes, type TestNetwork } from '../../testkit/network.js';
import { ACCOUNT, FRIEND, io, makeSite, publicOf, until, writeConfig, type Site } from './site.js';

export interface Village {
  readonly site: Site;
  readonly network: TestNetwork;
  /** Who gets the daemon's mail. */
  readonly friend: MixClient;
  close(): Promise<void>;
}

const POLLING_MS = 50;
const PATIENCE_MS = 60_000;
/** On a busy machine packets are late; they should not be lost, since it is not they we measure. */
const PATIENT = {
  unwrapBudgetMs: PATIENCE_MS,
  holdBudgetMs: PATIENCE_MS,
  sendBudgetMs: PATIENCE_MS,
  deliveryBudgetMs: PATIENCE_MS,
  serviceBudgetMs: PATIENCE_MS,
};

/** Mails that the friend has. */
export const receivedBy = ({ friend }: Village): number =>
  friend.accounts.status()[0]?.inbox.count ?? 0;

/** Starts everything but the daemon; returns when the network is ready. */
export const openVillage = async (means: MeanTimes): Promise<Village> => {
  const site = await makeSite();
  const network = (
    await startNetwork({
      io,
      openStore: openSqliteStore,
      dataDir: join(site.directory, 'network'),
      means,
      tuning: PATIENT,
    })
  )._unsafeUnwrap();
  await registerDaemon(site, network);
  const secrets = { linkKey: io.random(32), identityKey: io.random(32) };
  const identityKey = publicOf(secrets.identityKey);
  const keys = { linkKey: publicOf(secrets.linkKey), identityKey };
  (await network.provider('p2.test').users.add('bob', keys))._unsafeUnwrap();
  const friend = await openFriend(site, network, secrets);
  await writeConfig(site, network.config, identityKey);
  await until(() => network.isReady() && isConnected(friend));
  const close = async (): Promise<void> => {
    await friend.close();
    await network.close();
    await site.dispose();
  };
  return { site, network, friend, close };
};

/** Makes the keys that the daemon will find, and tells its provider. */
const registerDaemon = async ({ dataDir }: Site, network: TestNetwork): Promise<void> => {
  const directory = join(dataDir, ACCOUNT);
  (await io.files.makeDirectory(dataDir))._unsafeUnwrap();
  (await io.files.makeDirectory(directory))._unsafeUnwrap();
  const deps = { ...io, primitives: selectPrimitives() };
  const link = (await loadKeyPair(deps, directory, 'link'))._unsafeUnwrap();
  const identity = (await loadKeyPair(deps, directory, 'identity'))._unsafeUnwrap();
  const keys = { linkKey: link.publicKey, identityKey: identity.publicKey };
  (await network.provider('p1.test').users.add('alice', keys))._unsafeUnwrap();
};

const openFriend = async (
  { directory }: Site,
  { config }: TestNetwork,
  secrets: { readonly linkKey: Uint8Array; readonly identityKey: Uint8Array },
): Promise<MixClient> => {
  const [user = '', provider = ''] = FRIEND.split('@');
  const opened = await MixClient.open({
    io,
    openStore: openSqliteStore,
    dataDir: join(directory, 'friend'),
    storageKey: io.random(32),
    networks: { bench: config },
    accounts: [{ ...secrets, user, provider, network: 'bench' }],
    tuning: { pollingIntervalMs: POLLING_MS },
  });
  return opened._unsafeUnwrap();
};

const isConnected = (client: MixClient): boolean =>
  client.accounts.status()[0]?.connection.kind === 'connected';
