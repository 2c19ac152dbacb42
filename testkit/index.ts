/**
 * The test kit: what `postern/testkit` exports.
 *
 * {@link openTestWorld} is where a program's unit test begins: a whole mix network with its users
 * in memory. The parts of it can be had one by one, and there is a client without any network.
 * @module
 */
export { openTestWorld, QUICK_MEANS, type TestWorld, type TestWorldOptions } from './world.js';
export { FakeClient, type Failures, type FakeClientOptions } from './fake-client.js';
export {
  ratesOf,
  startNetwork,
  type MeanTimes,
  type TestNetwork,
  type TestNetworkError,
  type TestNetworkOptions,
} from './network.js';
export { faultStage, type FaultOptions } from './faults.js';
export { testProviderData, type ProviderDataSite } from './provider-data.js';
export { testStore, type StoreSite } from './store.js';
export {
  exitModuleSuite,
  type ExitAnswer,
  type ExitModuleTrial,
  type ExitSite,
} from './exit-module.js';
export type { SuiteTools } from './suite.js';
export {
  duplexPair,
  inlineWorkers,
  manualClock,
  memoryFiles,
  memoryIo,
  memoryLog,
  memoryNetwork,
  seededRandom,
  type AddressPattern,
  type Connection,
  type DuplexPairOptions,
  type ClockCounters,
  type ManualClock,
  type MemoryFiles,
  type MemoryIo,
  type MemoryIoOptions,
  type MemoryLog,
  type MemoryLogOptions,
  type MemoryNetwork,
  type MemoryNetworkOptions,
  type NetworkCounters,
} from '../src/io/memory.js';
export type { Delay } from '../src/io/pipe.js';
export { memoryStores, type MemoryStores } from '../src/store/memory.js';
