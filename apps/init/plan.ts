/**
 * The plan of `postern init`: wishes checked and completed, and the configuration that follows.
 * @module
 */
import { stringify } from 'smol-toml';
import { toBase64 } from '../../src/bytes/text.js';
import type { InitPlaces } from './wish.js';

/** What every member of a network must agree on, with its authority. */
export interface PlannedNetwork {
  /** `host:port`. */
  readonly address: string;
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Only what differs from the usual. */
  readonly agreement: Readonly<Record<string, string | number>>;
}

/** What a table `[[Account]]` follows from. */
export interface PlannedAccount {
  readonly user: string;
  readonly provider: string;
  /** Ed25519, 32 bytes. */
  readonly providerKey: Uint8Array | undefined;
  readonly maildir: string | undefined;
  readonly keyDiscovery: boolean;
}

export interface InitPlan extends PlannedAccount {
  readonly places: InitPlaces;
  readonly network: PlannedNetwork;
  readonly smtp: string;
  readonly pop3: string;
  /** X25519 identity keys that are known from the start, by address. */
  readonly recipients: ReadonlyMap<string, Uint8Array>;
  /** The table `[UpstreamProxy]`. */
  readonly upstream: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** The registration's page, where it was told. */
  readonly registration: string | undefined;
}

const LABEL = 'home';
const HEAD = '# Written by postern init. The keys are explained in docs/configuration.md.\n\n';

/** The configuration as a person would write it. */
export const configTextOf = (plan: InitPlan): string => HEAD + stringify(tablesOf(plan));

const tablesOf = (plan: InitPlan) => ({
  Proxy: {
    SMTPAddress: plan.smtp,
    POP3Address: plan.pop3,
    DataDir: plan.places.dataDir,
  },
  ...(plan.upstream === undefined ? {} : { UpstreamProxy: plan.upstream }),
  NonvotingAuthority: {
    [LABEL]: {
      Address: plan.network.address,
      PublicKey: toBase64(plan.network.publicKey),
      ...plan.network.agreement,
    },
  },
  Account: [accountOf(plan, LABEL)],
  ...(plan.recipients.size === 0 ? {} : { Recipients: textsOf(plan.recipients) }),
});

/** A configuration with one more account, behind everything that it says. */
export const withAccountText = (source: string, account: PlannedAccount, label: string): string =>
  `${source.trimEnd()}\n\n${stringify({ Account: [accountOf(account, label)] })}`;

const accountOf = (
  { user, provider, providerKey, maildir, keyDiscovery }: PlannedAccount,
  label: string,
) => ({
  User: user,
  Provider: provider,
  ...(providerKey === undefined ? {} : { ProviderKeyPin: toBase64(providerKey) }),
  Authority: label,
  ...(keyDiscovery ? { InsecureKeyDiscovery: true } : {}),
  ...(maildir === undefined ? {} : { Maildir: maildir }),
});

const textsOf = (keys: ReadonlyMap<string, Uint8Array>): Readonly<Record<string, string>> =>
  Object.fromEntries([...keys].map(([address, key]) => [address, toBase64(key)]));
