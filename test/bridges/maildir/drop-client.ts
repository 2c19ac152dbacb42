/** A real client without a network, for drop folders: what it accepts stays in its outbox. */
import {
  KATZENPOST_EPOCHS,
  LINK_PROFILE_01,
  MixClient,
  smallGeometry,
} from '../../../src/index.js';
import { repeated } from '../../support/bytes.js';

export const ALICE = 'alice@p1.test';
export const BOB = 'bob@p2.test';

/** @param dataDir - absolute; opened again, it is the same client */
export const openDropClient = async (dataDir: string): Promise<MixClient> => {
  const opened = await MixClient.open({
    dataDir,
    storageKey: repeated(7, 32),
    offline: true,
    networks: {
      home: {
        epochTime: KATZENPOST_EPOCHS,
        geometry: smallGeometry(1000),
        link: LINK_PROFILE_01,
        authority: { addresses: ['127.0.0.1:1'], publicKey: repeated(1, 32) },
      },
    },
    accounts: [{ user: 'alice', provider: 'p1.test', network: 'home' }],
    recipients: { [BOB]: repeated(9, 32) },
  });
  return opened._unsafeUnwrap();
};
