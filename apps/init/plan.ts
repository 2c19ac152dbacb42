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

export interface InitPlan {
  readonly places: InitPlaces;
  readonly network: PlannedNetwork;
  readonly user: string;
  readonly provider: string;
  readonly providerKey: Uint8Array | undefined;
  readonly smtp: string;
  readonly pop3: string;
  readonly maildir: string | undefined;
  readonly keyDiscovery: boolean;
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
  Account: [accountOf(plan)],
  ...(plan.recipients.size === 0 ? {} : { Recipients: textsOf(plan.recipients) }),
});

const accountOf = ({ user, provider, providerKey, maildir, keyDiscovery }: InitPlan) => ({
  User: user,
  Provider: provider,
  ...(providerKey === undefined ? {} : { ProviderKeyPin: toBase64(providerKey) }),
  Authority: LABEL,
  ...(keyDiscovery ? { InsecureKeyDiscovery: true } : {}),
  ...(maildir === undefined ? {} : { Maildir: maildir }),
});

const textsOf = (keys: ReadonlyMap<string, Uint8Array>): Readonly<Record<string, string>> =>
  Object.fromEntries([...keys].map(([address, key]) => [address, toBase64(key)]));
