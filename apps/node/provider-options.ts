/**
 * `[Provider]` brought into options.
 * @module
 */
import type { SpoolOptions } from '../../servers/provider/limits.js';
import type { PluginOptions } from '../../servers/provider/plugins/options.js';
import { parseDataSource } from '../../servers/provider/postgres/data-source.js';
import type { ProviderOptions } from '../../servers/provider/provider.js';
import type { ProviderFile } from './provider-schema.js';

const DAY_MS = 86_400_000;

type FromFile = Pick<ProviderOptions, 'database' | 'registration' | 'plugins'> & SpoolOptions;

export const providerOptionsOf = (provider: ProviderFile): FromFile => ({
  spoolQuota: provider.SpoolQuota,
  spoolQuotaBytes: provider.SpoolQuotaBytes,
  spoolMaxAgeMs: provider.SpoolMaxAge * DAY_MS,
  plugins: pluginsOf(provider),
  ...databaseOf(provider),
  ...registrationOf(provider),
});

const databaseOf = (provider: ProviderFile): Pick<ProviderOptions, 'database'> => {
  if (provider.UserDB?.Backend !== 'sql' || provider.SQLDB === undefined) return {};
  return parseDataSource(provider.SQLDB.DataSourceName).match(
    (database) => ({ database }),
    () => ({}),
  );
};

const registrationOf = (provider: ProviderFile): Pick<ProviderOptions, 'registration'> => {
  if (!provider.EnableUserRegistrationHTTP) return {};
  const advertise = provider.AdvertiseUserRegistrationHTTPAddresses;
  return {
    registration: {
      addresses: provider.UserRegistrationHTTPAddresses,
      ...(advertise === undefined ? {} : { advertise }),
      limits: {
        perHour: provider.RegistrationsPerHour,
        perHourAndAddress: provider.RegistrationsPerHourAndAddress,
      },
      reserved: provider.ReservedNames.map((name) => name.toLowerCase()),
      proofBits: provider.RegistrationProofOfWork,
    },
  };
};

const pluginsOf = (provider: ProviderFile): readonly PluginOptions[] =>
  provider.CBORPluginKaetzchen.filter(({ Disable }) => !Disable).map((plugin) => ({
    capability: plugin.Capability,
    endpoint: plugin.Endpoint,
    command: plugin.Command,
    config: plugin.Config,
    maxConcurrency: plugin.MaxConcurrency,
  }));
