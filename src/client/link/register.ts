/**
 * Registration: an account makes itself known to its provider, with both of its keys, over HTTP.
 *
 * Whoever sees the request sees public keys and a name only; it goes through the client's proxy
 * where there is one. Source: mailproxy's register mode.
 * @module
 */
import { err, errAsync, ok, type ResultAsync } from 'neverthrow';
import { toBase64 } from '../../bytes/text.js';
import type { Http, HttpError, Network } from '../../io/contracts.js';

/** Why a provider did not take an account. */
export type RegistrationError =
  | HttpError
  /** This world has no HTTP. */
  | { readonly kind: 'no-http' }
  /** It does not say why: the name is taken, or it takes nobody. */
  | { readonly kind: 'registration-refused'; readonly url: string; readonly status: number };

export interface RegistrationDeps {
  readonly http: Http | undefined;
  readonly network: Network;
}

/** Whom to register, and where. */
export interface Registration {
  /** As the wire has it. */
  readonly user: string;
  /** X25519, 32 bytes each. */
  readonly linkKey: Uint8Array;
  readonly identityKey: Uint8Array;
  /** The page itself. */
  readonly url: string;
  readonly signal: AbortSignal;
}

const SCHEME = /^https?:\/\//i;
const PAGE = '/registration';
const DONE = 200;

/**
 * The registration's page at an address as people and descriptors write it: `host:port`, or the
 * beginning of a URL. Without a scheme it is `https`.
 */
export const registrationUrl = (
  address: string,
  { scheme = 'https' }: { readonly scheme?: 'http' | 'https' } = {},
): string => {
  const base = (SCHEME.test(address) ? address : `${scheme}://${address}`).replace(/\/+$/, '');
  return base.endsWith(PAGE) ? base : base + PAGE;
};

/** Registers; the provider knows both keys when ok. */
export const registerAccount = (
  { http, network }: RegistrationDeps,
  { user, linkKey, identityKey, url, signal }: Registration,
): ResultAsync<void, RegistrationError> => {
  if (http === undefined) return errAsync({ kind: 'no-http' });
  const form = {
    version: '0',
    command: 'register_link_and_identity_key',
    user,
    link_key: toBase64(linkKey),
    identity_key: toBase64(identityKey),
  };
  return http
    .post(network, url, form, signal)
    .mapErr((error): RegistrationError => error)
    .andThen(({ status }) =>
      status === DONE
        ? ok(undefined)
        : err<never, RegistrationError>({ kind: 'registration-refused', url, status }),
    );
};
