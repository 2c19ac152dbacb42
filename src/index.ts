/**
 * Postern: anonymous mail over a mix network, for programs.
 *
 * The front door of the package: {@link MixClient} on this machine. The client itself knows no
 * platform; the defaults of this one are put in here.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import { openMixClient } from './client/mix-client.js';
import type { MixClient as Client, MixClientConfig, OpenError } from './client/types.js';
import { selectPrimitives } from './crypto/select.js';
import { nodeIo } from './io/node.js';
import { openSqliteStore } from './store/sqlite.js';

export type * from './client/types.js';
export { KATZENPOST_EPOCHS, type EpochTime } from './pki/epoch.js';
export type { AuthorityRef, NetworkConfig } from './pki/network.js';
export { KATZENPOST_GEOMETRY, type SphinxGeometry } from './sphinx/geometry.js';
export { LINK_PROFILE_01, LINK_PROFILE_02, type LinkProfile } from './wire/profile.js';
export type { OpenStore, Store, StoreError } from './store/store.js';
export type { Io } from './io/contracts.js';

/** What bridges and programs hold. */
export type MixClient = Client;

/** Where every client begins. */
export const MixClient = {
  /**
   * Opens all accounts of a configuration and, unless it says offline, begins to connect.
   *
   * @errors `config`, `data-dir`, `key-file` and those of the store; nothing stays open then
   */
  open(config: MixClientConfig): ResultAsync<MixClient, OpenError> {
    const io = config.io ?? nodeIo();
    const primitives = selectPrimitives(io.log);
    return openMixClient(config, { io, openStore: openSqliteStore, primitives });
  },
} as const;
