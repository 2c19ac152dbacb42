/**
 * The link key of an account, and the one that may have taken its place.
 *
 * A new key is on disk before the provider hears of it. Until we know which of the two it has taken,
 * both are kept and tried in turn on its links; nothing but the provider's own word for the new one
 * ends that, so whatever is lost or cut off on the way, one of them lets us in.
 * @module
 */
import { errAsync, ok, okAsync, ResultAsync } from 'neverthrow';
import { equal, wipe } from '../../bytes/compare.js';
import { PEM_KEYS } from '../../bytes/pem.js';
import {
  type KeyDeps,
  type KeyFileError,
  type KeyPair,
  keyPairOf,
  loadKeyPair,
  newKeyPair,
  publicPathOf,
  readKeyPair,
  secretPathOf,
  showPublicKey,
  writeKeyFile,
} from '../keys.js';
import { Turns } from '../../io/turns.js';

/** The configuration holds the key, where we cannot put another. */
export interface GivenKeyError {
  readonly kind: 'given-key';
}

/** Where keys are kept. */
interface Place extends KeyDeps {
  readonly directory: string;
}

const NAME = 'link';
const CANDIDATE = 'link.next';

export class LinkKeys {
  /** `undefined`: the key was given, and is kept elsewhere. */
  readonly #place: Place | undefined;
  readonly #turns = new Turns();
  #current: KeyPair;
  #candidate: KeyPair | undefined;
  /** Whether the next link is tried with the candidate. */
  #isCandidateNext = false;

  private constructor(place: Place | undefined, current: KeyPair, candidate: KeyPair | undefined) {
    this.#place = place;
    this.#current = current;
    this.#candidate = candidate;
  }

  /** Of a key that the configuration holds; the bytes of `secretKey` are ours from now on. */
  static given({ primitives }: Pick<KeyDeps, 'primitives'>, secretKey: Uint8Array): LinkKeys {
    return new LinkKeys(undefined, keyPairOf(primitives, secretKey), undefined);
  }

  /**
   * Reads what is in `directory`, or makes a key there.
   *
   * @errors `key-file`: one of the files cannot be used
   */
  static load(deps: KeyDeps, directory: string): ResultAsync<LinkKeys, KeyFileError> {
    const place = { ...deps, directory };
    const path = secretPathOf(directory, CANDIDATE);
    return loadKeyPair(deps, directory, NAME).andThen((current) =>
      readKeyPair(deps, path).andThen((candidate) => {
        const isTaken = candidate && equal(candidate.publicKey, current.publicKey);
        if (!isTaken) return okAsync(new LinkKeys(place, current, candidate));
        return removeIfPossible(deps, path).map(() => new LinkKeys(place, current, undefined));
      }),
    );
  }

  /** The key that the provider is known to have. */
  get current(): KeyPair {
    return this.#current;
  }

  /** The key for the next link. */
  get next(): KeyPair {
    return (this.#isCandidateNext ? this.#candidate : undefined) ?? this.#current;
  }

  /** The provider has not let this one in: the other is next, where there are two. */
  refused(pair: KeyPair): void {
    this.#isCandidateNext = this.#candidate !== undefined && pair === this.#current;
  }

  /**
   * The key to put in the place of the current one: on disk when ok, and the same one until
   * {@link LinkKeys.settle}, since the provider may have it already.
   *
   * @errors `given-key`; `key-file`: it cannot be written
   */
  propose(): ResultAsync<KeyPair, KeyFileError | GivenKeyError> {
    const place = this.#place;
    if (place === undefined) return errAsync({ kind: 'given-key' });
    return this.#turns.take(() =>
      this.#candidate === undefined ? this.#make(place) : okAsync(this.#candidate),
    );
  }

  /**
   * The provider has this key. If it is the candidate, the one before is forgotten and its file
   * overwritten.
   *
   * @errors `key-file`: it cannot be written; both keys stay
   */
  settle(pair: KeyPair): ResultAsync<void, KeyFileError> {
    const place = this.#place;
    return this.#turns.take(() =>
      place === undefined || pair !== this.#candidate
        ? okAsync(undefined)
        : this.#take(place, pair),
    );
  }

  /** Forgets the secrets, when what is being written is on disk. */
  async close(): Promise<void> {
    await this.#turns.idle();
    wipe(this.#current.secretKey);
    if (this.#candidate !== undefined) wipe(this.#candidate.secretKey);
  }

  #make(place: Place): ResultAsync<KeyPair, KeyFileError> {
    const pair = newKeyPair(place);
    return writeSecret(place, CANDIDATE, pair).map(() => (this.#candidate = pair));
  }

  #take(place: Place, pair: KeyPair): ResultAsync<void, KeyFileError> {
    return writeSecret(place, NAME, pair).andThen(() => {
      wipe(this.#current.secretKey);
      this.#current = pair;
      this.#candidate = undefined;
      this.#isCandidateNext = false;
      // What of this fails is put right when the account is opened again.
      return showPublicKey(place.files, publicPathOf(place.directory, NAME), pair)
        .orElse(() => okAsync(pair))
        .andThen(() => removeIfPossible(place, secretPathOf(place.directory, CANDIDATE)));
    });
  }
}

/** The keys that are in a directory, the current one first; nothing is made. */
export const storedLinkKeys = (
  deps: Omit<KeyDeps, 'random'>,
  directory: string,
): ResultAsync<readonly KeyPair[], KeyFileError> =>
  ResultAsync.combine(
    [NAME, CANDIDATE].map((name) => readKeyPair(deps, secretPathOf(directory, name))),
  ).map((pairs) => pairs.flatMap((pair) => pair ?? []));

const writeSecret = (
  { files, directory }: Place,
  name: string,
  { secretKey }: KeyPair,
): ResultAsync<void, KeyFileError> =>
  writeKeyFile(files, PEM_KEYS.x25519Secret, {
    path: secretPathOf(directory, name),
    key: secretKey,
  });

const removeIfPossible = (
  { files }: Pick<KeyDeps, 'files'>,
  path: string,
): ResultAsync<void, never> => files.remove(path).orElse(() => ok(undefined));
