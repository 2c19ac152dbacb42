/**
 * What the file of an authority, mix or provider really says: with everything filled in that it
 * leaves out.
 * @module
 */
import { join } from 'node:path';
import { withoutPassword } from '../../servers/provider/postgres/data-source.js';
import { loggingSchema } from '../config/keys.js';
import { completeStorage } from '../config/storage-key.js';
import type { AuthorityFile } from './authority-schema.js';
import { parametersOf } from './config.js';
import { completeMixing } from './mixing.js';
import type { ServerFile } from './schema.js';

/** The rates are printed with the longest samples that follow from them. */
export const completeAuthorityFile = (file: AuthorityFile): AuthorityFile => ({
  ...file,
  Logging: file.Logging ?? loggingSchema.parse({}),
  Storage: completeStorage(file.Storage, file.Authority.DataDir),
  Management: completeManagement(file.Management, file.Authority.DataDir),
  Parameters: parameterKeys(file),
});

const parameterKeys = ({ Parameters: parameters }: AuthorityFile): AuthorityFile['Parameters'] => {
  const { rates, sendRatePerMinute } = parametersOf(parameters);
  return {
    SendRatePerMinute: sendRatePerMinute,
    Mu: rates.mu.perMs,
    MuMaxDelay: rates.mu.maxMs,
    LambdaP: rates.lambdaP.perMs,
    LambdaPMaxDelay: rates.lambdaP.maxMs,
    LambdaL: rates.lambdaL.perMs,
    LambdaLMaxDelay: rates.lambdaL.maxMs,
    LambdaD: rates.lambdaD.perMs,
    LambdaDMaxDelay: rates.lambdaD.maxMs,
    LambdaM: rates.lambdaM.perMs,
    LambdaMMaxDelay: rates.lambdaM.maxMs,
  };
};

export const completeServerFile = (file: ServerFile): ServerFile => ({
  ...file,
  Logging: file.Logging ?? loggingSchema.parse({}),
  Storage: completeStorage(file.Storage, file.Server.DataDir),
  Management: completeManagement(file.Management, file.Server.DataDir),
  Mixing: file.Server.IsProvider
    ? undefined
    : completeMixing(file.Mixing ?? { Strategy: 'poisson' }),
  ...(file.Provider === undefined ? {} : { Provider: providerKeys(file.Provider) }),
});

const completeManagement = (
  told: ServerFile['Management'],
  dataDir: string,
): NonNullable<ServerFile['Management']> => ({
  Enable: told?.Enable ?? false,
  Path: told?.Path ?? join(dataDir, 'management_sock'),
});

type ProviderKeys = NonNullable<ServerFile['Provider']>;

/** Without the password of the database: what is printed is shown to others. */
const providerKeys = (provider: ProviderKeys): ProviderKeys =>
  provider.SQLDB === undefined
    ? provider
    : {
        ...provider,
        SQLDB: {
          ...provider.SQLDB,
          DataSourceName: withoutPassword(provider.SQLDB.DataSourceName),
        },
      };
