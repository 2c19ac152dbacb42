/**
 * What each key of a mix's or provider's file allows, and all together do not.
 * @module
 */
import type { KeyPath } from '../config/locate.js';
import { mixingOf } from './mixing.js';
import type { ServerFile } from './schema.js';

export interface Refusal {
  readonly path: KeyPath;
  readonly problem: string;
}

/** The first problem; `undefined` where there is none. */
export const refusalOf = (file: ServerFile): Refusal | undefined => {
  const { Server: server, Provider: provider, Mixing: mixing } = file;
  if (provider !== undefined && !server.IsProvider) {
    return { path: ['Provider'], problem: 'a mix has none: Server.IsProvider is false' };
  }
  if (mixing !== undefined && server.IsProvider) {
    return { path: ['Mixing'], problem: 'a provider has none: Server.IsProvider is true' };
  }
  if (server.OnlyAdvertiseAltAddresses && !server.AltAddresses['tcp4']) {
    const path = ['Server', 'OnlyAdvertiseAltAddresses'];
    return { path, problem: 'needs Server.AltAddresses.tcp4' };
  }
  if (
    provider?.EnableUserRegistrationHTTP === true &&
    provider.UserRegistrationHTTPAddresses.length === 0
  ) {
    const path = ['Provider', 'EnableUserRegistrationHTTP'];
    return { path, problem: 'needs Provider.UserRegistrationHTTPAddresses' };
  }
  const { UserDB: users, SpoolDB: spool } = provider ?? {};
  if ((users?.Backend ?? 'bolt') !== (spool?.Backend ?? 'bolt')) {
    return { path: ['Provider', 'SpoolDB'], problem: 'users and mail must have the same Backend' };
  }
  if (users?.Backend === 'sql' && provider?.SQLDB === undefined) {
    return { path: ['Provider', 'UserDB', 'Backend'], problem: 'sql needs [Provider.SQLDB]' };
  }
  if (file.Link.MaxBandwidthSpike !== undefined && file.Link.MaxBandwidth === undefined) {
    return { path: ['Link', 'MaxBandwidthSpike'], problem: 'needs Link.MaxBandwidth' };
  }
  const { SchedulerQueueSize: limit } = file.Debug;
  const chosen = mixing && mixingOf(mixing);
  if (chosen && 'minSize' in chosen && limit > 0 && limit <= chosen.minSize) {
    const problem = `must be below Debug.SchedulerQueueSize (${limit}), or no packet ever leaves`;
    return { path: ['Mixing', 'MixPoolMinSize'], problem };
  }
  return undefined;
};
