/**
 * Registration: an account makes itself known to its provider, with both of its keys, over HTTP.
 *
 * Whoever sees the request sees public keys and a name only; it goes through the client's proxy
 * where there is one. Source: mailproxy's register mode.
 * @module
 */
import { err, errAsync, ok, safeTry, type ResultAsync } from 'neverthrow';
import { fromUtf8, toBase64 } from '../../bytes/text.js';
import { findProof, MOST_PROOF_BITS, type Puzzle } from '../../crypto/proof-of-work.js';
import type { Hashes } from '../../crypto/primitives.js';
import type { Clock, Http, HttpAnswer, HttpError, Network } from '../../io/contracts.js';

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
  readonly clock: Clock;
  readonly hash: Pick<Hashes, 'sha256'>;
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
const NEEDS_PROOF = 428;
const WORK = /^proof-of-work (\d{1,3}) ([\w.-]{1,256})\n?$/;
/** A challenge may expire over its work. */
const MOST_PROOFS = 3;

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

/** Registers, with the work that a provider may ask for; it knows both keys when ok. */
export const registerAccount = (
  deps: RegistrationDeps,
  { user, linkKey, identityKey, url, signal }: Registration,
): ResultAsync<void, RegistrationError> => {
  const { http, network } = deps;
  if (http === undefined) return errAsync({ kind: 'no-http' });
  const form = {
    version: '0',
    command: 'register_link_and_identity_key',
    user,
    link_key: toBase64(linkKey),
    identity_key: toBase64(identityKey),
  };
  const post = (more: Readonly<Record<string, string>>): ResultAsync<HttpAnswer, HttpError> =>
    http.post(network, url, { ...form, ...more }, signal);
  return safeTry(async function* () {
    let answer = yield* post({});
    for (let tries = 0; tries < MOST_PROOFS; tries++) {
      const work = workOf(answer);
      if (work === undefined) break;
      const proof = await prove(deps, { ...work, name: user }, signal);
      if (proof === undefined) return err({ kind: 'http', url, reason: 'aborted' } as const);
      answer = yield* post({ challenge: work.challenge, proof });
    }
    return answer.status === DONE
      ? ok(undefined)
      : err<never, RegistrationError>({ kind: 'registration-refused', url, status: answer.status });
  });
};

const prove = (
  { clock, hash }: RegistrationDeps,
  puzzle: Puzzle,
  signal: AbortSignal,
): Promise<string | undefined> =>
  findProof(hash, puzzle, { breathe: () => clock.sleep(0, signal), signal });

/** The work that an answer asks for; more than anybody in their senses asks for is not done. */
const workOf = ({ status, body }: HttpAnswer): Omit<Puzzle, 'name'> | undefined => {
  const [, bits = '', challenge] = WORK.exec(fromUtf8(body)) ?? [];
  if (status !== NEEDS_PROOF || challenge === undefined) return undefined;
  return Number(bits) > MOST_PROOF_BITS ? undefined : { bits: Number(bits), challenge };
};
