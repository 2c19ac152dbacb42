/**
 * The servers of a mix network: what `postern/servers` exports.
 *
 * {@link startAuthority}, {@link startMix} and {@link startProvider} take the world and their
 * options, and give a running part; a whole network is one authority, three mixes, two providers.
 * @module
 */
export { startAuthority } from './authority/authority.js';
export type { AuthorityStatus, RunningAuthority } from './authority/authority.js';
export { leastSendRate, rateOf } from './authority/options.js';
export type {
  AuthorityError,
  AuthorityOptions,
  AuthorityPolicy,
  ListedProvider,
  NetworkParameters,
} from './authority/options.js';
export { startMix } from './mix/mix.js';
export type { MixOptions } from './mix/mix.js';
export type { KeyError } from './node/keys.js';
export type { BandwidthLimit } from './node/bandwidth.js';
export { prepareIdentity } from './node/prepare.js';
export type { FaultedPacket, FaultStage } from './node/fault-stage.js';
export type { BadRecord } from './node/mix-keys.js';
export type { RunningNode } from './node/node.js';
export { DEFAULT_TUNING } from './node/options.js';
export type { Places } from './node/places.js';
export type { NodeError, NodeOptions, NodeTuning } from './node/options.js';
export type { NodeHealth } from './node/health.js';
export type { Ping, PingError } from './node/ping.js';
export type { RetryPlan, RetryStep } from '../src/io/retry-plan.js';
export type { NodeStatus } from './node/status.js';
export type { Mixing, PoolParameters } from './node/strategy.js';
export { startProvider } from './provider/provider.js';
export type { ProviderOptions, RunningProvider } from './provider/provider.js';
export { DEFAULT_PLUGIN_LIMITS } from './provider/plugins/options.js';
export type { PluginLimits, PluginOptions } from './provider/plugins/options.js';
export { DEFAULT_REGISTRATION_LIMITS } from './provider/registration-limits.js';
export type { RegistrationLimits } from './provider/registration-limits.js';
export { RESERVED_NAMES } from './provider/registration.js';
export { SPOOL_QUOTA, SPOOL_QUOTA_BYTES } from './provider/limits.js';
export type { SpoolOptions } from './provider/limits.js';
export type { DataSource, TlsMode } from './provider/postgres/data-source.js';
export type { RegistrationOptions } from './provider/registration.js';
export type { UserName } from './provider/names.js';
export type {
  Account,
  AccountChange,
  AccountNote,
  Accounts,
  DecideAccount,
  Mailbox,
  MailboxError,
  ProviderData,
  Spool,
  SpoolCounts,
  SpoolError,
  SpoolHead,
  SpoolItem,
  User,
  UserError,
  Users,
} from './provider/contracts.js';
export type { PemError } from '../src/bytes/pem.js';
export type { Verb, VerbReply, VerbTable } from '../src/control/dialogue.js';
export type { Rate, Rates } from '../src/pki/document-codec.js';
export type { DocumentState } from '../src/pki/latest.js';
export type { Place } from '../src/pki/view.js';
