/**
 * The submit box: mail that was handed in while nobody had the stores open.
 *
 * Its key lies beside it for everybody who may write there; what opens it follows from the storage
 * key. Whoever opens the stores takes the mails in, each once: its file's name names the send, and
 * the file goes when the mail is in the outbox, or the report about it in the inbox.
 * @module
 */
import { errAsync, okAsync, type ResultAsync } from 'neverthrow';
import { equal, wipe } from '../../bytes/compare.js';
import { decodePem, encodePem, PEM_KEYS } from '../../bytes/pem.js';
import { toHex, utf8 } from '../../bytes/text.js';
import { isLowOrder } from '../../crypto/low-order.js';
import type { Clock, Files, FilesError, Log } from '../../io/contracts.js';
import { keyPairOf } from '../keys.js';
import type { SendError, SendOptions } from '../types.js';
import {
  boxSecretOf,
  openSubmission,
  type SealDeps,
  sealSubmission,
  type Submission,
} from './sealed.js';

/** Nobody has opened the stores yet, or the key beside them is none. */
export interface NoBox {
  readonly kind: 'no-box';
}

export interface BoxPlace extends SealDeps {
  readonly files: Files;
  /** Of the client. */
  readonly dataDir: string;
}

const NAME_LENGTH = 16;
const NAME = /^([0-9a-f]{32})\.mail$/;
/** A mail is put here only while nobody answers on the daemon's socket, so that one is seldom late. */
const LOOK_MS = 30_000;
const MODULE = 'submit';

const directoryOf = (dataDir: string): string => `${dataDir}/submit`;
const keyPathOf = (dataDir: string): string => `${dataDir}/submit.public.pem`;

/** A name for a submission, by which it is accepted once. */
export const newSubmissionName = ({ random }: Pick<SealDeps, 'random'>): string =>
  toHex(random(NAME_LENGTH));

/** What a box's submission is called among the named sends. */
export const onceOf = (name: string): string => `submission ${name}`;

/**
 * Puts a mail into the box; durable when ok.
 *
 * @param name - of {@link newSubmissionName}
 * @errors `no-box`; `files` — nothing was stored then
 */
export const putIntoBox = (
  place: BoxPlace,
  name: string,
  submission: Submission,
): ResultAsync<void, NoBox | FilesError> => {
  const { files, primitives, dataDir } = place;
  return files
    .read(keyPathOf(dataDir))
    .mapErr((error): NoBox | FilesError => (error.reason === 'missing' ? NO_BOX : error))
    .andThen((pem) => {
      const key = decodePem(PEM_KEYS.x25519Public, pem).unwrapOr(undefined);
      if (key === undefined || isLowOrder(primitives.x25519, key)) return errAsync(NO_BOX);
      const sealed = sealSubmission(place, submission, key);
      const directory = directoryOf(dataDir);
      return files
        .makeDirectory(directory)
        .andThen(() => files.write(`${directory}/${name}.mail`, sealed));
    });
};

const NO_BOX: NoBox = { kind: 'no-box' };

export interface BoxDeps extends BoxPlace {
  readonly clock: Clock;
  readonly log: Log;
  /** 32 bytes. */
  readonly storageKey: Uint8Array;
  readonly send: (options: SendOptions) => ResultAsync<unknown, SendError>;
}

export class SubmitBox {
  readonly #deps: BoxDeps;
  readonly #secret: Uint8Array;
  /** Files that wait for something else than us; told of once. */
  readonly #left = new Set<string>();

  private constructor(deps: BoxDeps) {
    this.#deps = deps;
    this.#secret = boxSecretOf(deps.primitives, deps.storageKey);
  }

  /** Shows the key that belongs to the storage key; without it the box stays empty. */
  static async open(deps: BoxDeps): Promise<SubmitBox> {
    const box = new SubmitBox(deps);
    const shown = await box.#showKey();
    if (shown.isErr()) box.#tell('warning', 'the key of the submit box cannot be written');
    return box;
  }

  /** Takes in what is there, then looks now and then until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.takeAll(signal);
      await this.#deps.clock.sleep(LOOK_MS, signal);
    }
  }

  /** Takes in what is there. */
  async takeAll(signal?: AbortSignal): Promise<void> {
    const { files, dataDir } = this.#deps;
    const names = await files.list(directoryOf(dataDir)).unwrapOr([]);
    for (const name of names) {
      if (signal?.aborted === true) return;
      await this.#take(name);
    }
  }

  /** Forgets the secret. */
  close(): void {
    wipe(this.#secret);
  }

  #showKey(): ResultAsync<void, FilesError> {
    const { files, primitives, dataDir } = this.#deps;
    const path = keyPathOf(dataDir);
    const { publicKey } = keyPairOf(primitives, this.#secret);
    return files
      .read(path)
      .map((pem) => decodePem(PEM_KEYS.x25519Public, pem).unwrapOr(undefined))
      .orElse(() => okAsync(undefined))
      .andThen((shown) =>
        shown !== undefined && equal(shown, publicKey)
          ? okAsync(undefined)
          : files.write(path, utf8(encodePem(PEM_KEYS.x25519Public, publicKey))),
      );
  }

  async #take(file: string): Promise<void> {
    const path = `${directoryOf(this.#deps.dataDir)}/${file}`;
    const [, name] = NAME.exec(file) ?? [];
    const bytes = await this.#deps.files.read(path);
    if (bytes.isErr()) {
      this.#leave(file, bytes.error.reason);
      return;
    }
    const opened = openSubmission(this.#deps, bytes.value, this.#secret);
    if (name === undefined || opened.isErr()) {
      await this.#putAside(file, bytes.value, 'unreadable');
      return;
    }
    const sent = await this.#send(name, opened.value);
    if (sent === undefined) await this.#forget(file, path);
    else if (mayPass(sent)) this.#leave(file, sent.kind);
    else await this.#putAside(file, bytes.value, sent.kind);
  }

  /** What stays is known by its name, and not sent again. */
  async #forget(file: string, path: string): Promise<void> {
    const removed = await this.#deps.files.remove(path);
    if (removed.isErr()) this.#leave(file, removed.error.reason);
  }

  /** @returns why it was not accepted */
  #send(name: string, submission: Submission): Promise<SendError | undefined> {
    const options = { ...submission, badRecipients: 'report-all', once: onceOf(name) } as const;
    return this.#deps.send(options).match(
      () => undefined,
      (error) => error,
    );
  }

  /** It stays, and is tried again. */
  #leave(file: string, problem: string): void {
    if (this.#left.has(file)) return;
    this.#left.add(file);
    this.#tell('warning', 'a submitted mail waits', problem);
  }

  /** Out of the way, and never deleted: it may be somebody's mail. */
  async #putAside(file: string, bytes: Uint8Array, problem: string): Promise<void> {
    const { files, dataDir } = this.#deps;
    const [directory, refused] = [directoryOf(dataDir), `${directoryOf(dataDir)}/refused`];
    const moved = await files
      .makeDirectory(refused)
      .andThen(() => files.write(`${refused}/${file}`, bytes))
      .andThen(() => files.remove(`${directory}/${file}`));
    if (moved.isErr()) this.#leave(file, moved.error.reason);
    else this.#tell('warning', 'a submitted mail is refused, and kept aside', problem);
  }

  #tell(level: 'warning', message: string, problem?: string): void {
    this.#deps.log.write(level, MODULE, message, problem === undefined ? {} : { problem });
  }
}

/** What the mail itself is not the cause of. */
const mayPass = ({ kind }: SendError): boolean => PASSING.includes(kind);

const PASSING: readonly SendError['kind'][] = [
  'unknown-account',
  'aborted',
  'closed',
  'store-full',
  'store-io',
  'store-corrupt',
  'store-key',
  'store-format',
  'store-closed',
];
