/**
 * The configuration files of a test network, as a person would write them.
 * @module
 */
import { stringify } from 'smol-toml';
import { toBase64 } from '../../src/bytes/text.js';
import {
  authorityOf,
  dropFolderOf,
  logFileOf,
  maildirOf,
  type PartPlan,
  type TestnetPlan,
  type UserPlan,
} from './plan.js';

/** Public keys, by the name of the part (Ed25519) or the user (X25519). */
export type TestnetKeys = ReadonlyMap<string, Uint8Array>;

/** Above what clients need, so that retransmission is never held up. */
const SEND_RATE_MARGIN = 2;
const MS_PER_MINUTE = 60_000;
/** A young network on one machine has no reason to be patient, ms. */
const RETRY_STEP_MS = 500;

/** A whole network on a busy machine is late, which is no attack: nothing is dropped for it, ms. */
const LATE_MS = 30_000;
const PATIENCE = {
  UnwrapDelay: LATE_MS,
  ProviderDelay: LATE_MS,
  KaetzchenDelay: LATE_MS,
  SchedulerSlack: LATE_MS,
  SendSlack: LATE_MS,
};

const keyOf = (keys: TestnetKeys, name: string): string =>
  toBase64(keys.get(name) ?? new Uint8Array(0));

const agreementOf = ({ pace, payload }: TestnetPlan) => ({
  EpochPeriod: pace.epoch / 1000,
  UserPayload: payload,
});

const loggingOf = (place: { readonly directory: string }) => ({
  File: logFileOf(place),
  Level: 'NOTICE',
});

export const authorityToml = (plan: TestnetPlan, keys: TestnetKeys): string => {
  const authority = authorityOf(plan);
  const { mu, lambdaP, lambdaL, lambdaD } = plan.pace;
  const of = (role: PartPlan['role']) => plan.parts.filter((part) => part.role === role);
  const perMs = 1 / lambdaP + 1 / lambdaL + 1 / lambdaD;
  return stringify({
    Authority: {
      Addresses: [authority.address],
      DataDir: authority.dataDir,
      ...agreementOf(plan),
    },
    Logging: loggingOf(authority),
    Parameters: {
      SendRatePerMinute: Math.ceil(SEND_RATE_MARGIN * MS_PER_MINUTE * perMs),
      Mu: 1 / mu,
      LambdaP: 1 / lambdaP,
      LambdaL: 1 / lambdaL,
      LambdaD: 1 / lambdaD,
    },
    Debug: { Layers: 3, MinNodesPerLayer: 1 },
    Mixes: of('mix').map(({ name }) => ({ IdentityKey: keyOf(keys, name) })),
    Providers: of('provider').map(({ name, identifier }) => ({
      Identifier: identifier,
      IdentityKey: keyOf(keys, name),
    })),
  });
};

export const serverToml = (plan: TestnetPlan, part: PartPlan, keys: TestnetKeys): string => {
  const authority = authorityOf(plan);
  const { loss, duplicate, reorderMs } = plan.faults;
  const isFaulty = part.name === 'mix1' && loss + duplicate + reorderMs > 0;
  return stringify({
    Server: {
      Identifier: part.identifier,
      Addresses: [part.address],
      DataDir: part.dataDir,
      IsProvider: part.role === 'provider',
    },
    PKI: {
      Nonvoting: {
        Address: authority.address,
        PublicKey: keyOf(keys, authority.name),
        ...agreementOf(plan),
      },
    },
    Logging: loggingOf(part),
    Management: { Enable: true },
    ...registrationOf(part),
    Debug: { NumSphinxWorkers: 1, RetryStep: RETRY_STEP_MS, ...PATIENCE },
    // Every packet passes one mix of each layer once, so a mail meets this once in each direction.
    ...(isFaulty ? { Faults: { Loss: loss, Duplicate: duplicate, Reorder: reorderMs } } : {}),
  });
};

/** Newcomers register themselves, as `postern init` does. */
const registrationOf = ({ registration }: PartPlan) =>
  registration === undefined
    ? {}
    : {
        Provider: {
          EnableUserRegistrationHTTP: true,
          UserRegistrationHTTPAddresses: [registration],
          AdvertiseUserRegistrationHTTPAddresses: [`http://${registration}`],
        },
      };

export const daemonToml = (plan: TestnetPlan, user: UserPlan, keys: TestnetKeys): string => {
  const authority = authorityOf(plan);
  const known = plan.users.filter(({ name }) => keys.has(name));
  return stringify({
    Proxy: { SMTPAddress: user.smtp, POP3Address: user.pop3, DataDir: user.dataDir },
    Logging: loggingOf(user),
    Management: { Enable: true },
    NonvotingAuthority: {
      testnet: {
        Address: authority.address,
        PublicKey: keyOf(keys, authority.name),
        ...agreementOf(plan),
      },
    },
    Account: [
      {
        User: user.user,
        Provider: user.provider,
        Authority: 'testnet',
        Maildir: maildirOf(user),
        DropFolder: dropFolderOf(user),
      },
    ],
    Recipients: Object.fromEntries(known.map(({ name, account }) => [account, keyOf(keys, name)])),
    Debug: {
      PathsByHand: true,
      ...(plan.pace.poll === undefined ? {} : { PollingInterval: plan.pace.poll / 1000 }),
    },
  });
};
