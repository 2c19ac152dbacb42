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

export { parseKeyText } from './bytes/text.js';
export { fingerprintOf, type Fingerprint } from './client/recipients/fingerprint.js';
export type * from './client/types.js';
export type {
  ChildProcess,
  Clock,
  DialError,
  Duplex,
  Files,
  FilesError,
  Http,
  HttpAnswer,
  HttpAskError,
  HttpBody,
  HttpError,
  HttpOutcome,
  HttpQuestion,
  HttpRequest,
  Identifier,
  Io,
  Listener,
  ListenError,
  Log,
  LogFacts,
  LogLevel,
  Network,
  Processes,
  Random,
  Workers,
  WorkerThread,
} from './io/contracts.js';
export { nodeIo } from './io/node.js';
export type {
  NodeIo,
  NodeIoOptions,
  NodeLog,
  NodeLogOptions,
  NodeWorkersOptions,
} from './io/node.js';
export { KATZENPOST_EPOCHS, type Epoch, type EpochTime } from './pki/epoch.js';
export type { AuthorityRef, NetworkConfig } from './pki/network.js';
export type { HeaderError } from './mail/header.js';
export { explain, type Explanation } from './sanitise/explain.js';
export type { Renamed } from './sanitise/fields.js';
export type { FileFormat, Leak } from './sanitise/leaks.js';
export type { DisplayName, KeptField, Maker, SanitisePolicy, Threads } from './sanitise/policy.js';
export {
  sanitise,
  type Sanitised,
  type SanitiseError,
  type Unsanitisable,
} from './sanitise/sanitise.js';
export {
  KATZENPOST_GEOMETRY,
  makeGeometry,
  smallGeometry,
  TODAY_GEOMETRY,
  type SphinxChoices,
  type SphinxGeometry,
} from './sphinx/geometry.js';
export { openSqliteStore } from './store/sqlite.js';
export type {
  Change,
  Durability,
  OpenStore,
  Store,
  StoredRecord,
  StoreError,
} from './store/store.js';
export { LINK_PROFILE_01, LINK_PROFILE_02, type LinkProfile } from './wire/profile.js';

/** What bridges and programs hold: accounts, sending, receiving, recipients and events. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- its own name, for the value beside it
export interface MixClient extends Client {}

/** Where every client begins. */
export const MixClient = {
  /**
   * Opens all accounts of a configuration and, unless it says offline, begins to connect.
   *
   * @param config - `storageKey` has 32 bytes; `dataDir` is absolute and this client's alone
   * @errors `config`, `data-dir`, `key-file` and those of the store; nothing stays open then
   */
  open(config: MixClientConfig): ResultAsync<MixClient, OpenError> {
    const io = config.io ?? nodeIo();
    const primitives = selectPrimitives(io.log);
    return openMixClient(config, { io, openStore: openSqliteStore, primitives });
  },
} as const;
