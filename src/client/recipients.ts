/**
 * Recipients: the identity keys of those whom we write to, one PEM file each.
 *
 * A file is named by its address, as people and mailproxy name them; characters that a file system
 * might not keep are escaped. A file that cannot be used is reported and costs the others nothing.
 * @module
 */
import { err, errAsync, ok, okAsync, type Result, ResultAsync, safeTry } from 'neverthrow';
import { equal } from '../bytes/compare.js';
import { decodePem, encodePem, PEM_KEYS, pemProblem } from '../bytes/pem.js';
import { fromHex, fromUtf8, toHex, utf8 } from '../bytes/text.js';
import { isLowOrder } from '../crypto/low-order.js';
import type { Primitives } from '../crypto/primitives.js';
import type { Files, FilesError } from '../io/contracts.js';
import { normaliseAddress } from '../mail/address.js';
import { Turns } from './turns.js';
import type { Address, Recipient, RecipientError, Recipients } from './types.js';

export interface RecipientsOptions {
  readonly files: Files;
  readonly primitives: Primitives;
  /** Absolute. */
  readonly directory: string;
  /** Entries of the configuration; they are written, so taking one out there keeps its key. */
  readonly initial?: Readonly<Record<string, Uint8Array>>;
  readonly caseSensitive?: boolean;
}

/** The recipients, and which files and entries could not be used. */
export interface OpenedRecipients extends Recipients {
  readonly problems: readonly RecipientError[];
}

const KEY_LENGTH = 32;
const EXTENSION = '.pem';

/** What stays as it is in a file name; a dot in front would hide the file. */
const ESCAPED = /^\.|[^A-Za-z0-9!#$&'+=^_`{}~@.-]/gu;

/**
 * Opens the directory, making it where there is none.
 *
 * @errors `recipient-file`: the directory itself cannot be made or listed
 */
export const openRecipients = (
  options: RecipientsOptions,
): ResultAsync<OpenedRecipients, RecipientError> =>
  safeTry(async function* () {
    const { files, directory, initial = {} } = options;
    yield* files.makeDirectory(directory).mapErr(unusable);
    const recipients = new PemRecipients(options);
    const problems = [...(yield* recipients.rescan())];
    for (const [address, key] of Object.entries(initial)) {
      const added = await recipients.ensure(address, key);
      if (added.isErr()) problems.push(added.error);
    }
    recipients.problems = problems;
    return ok(recipients);
  });

/** The file name of an address. */
export const recipientFileName = (address: Address): string =>
  address.replace(ESCAPED, escapeChar) + EXTENSION;

/** What is known of one address. */
interface Entry extends Recipient {
  /** All its files: others than our name for it may come from people. */
  readonly names: readonly string[];
}

/** What one file says. */
interface FileContent extends Recipient {
  readonly name: string;
}

class PemRecipients implements OpenedRecipients {
  readonly #options: RecipientsOptions;
  readonly #turns = new Turns();
  #entries: ReadonlyMap<Address, Entry> = new Map();
  /** Sorted by address. */
  #sorted: readonly Recipient[] = [];
  #byKey: ReadonlyMap<string, Address> = new Map();
  problems: readonly RecipientError[] = [];

  constructor(options: RecipientsOptions) {
    this.#options = options;
  }

  get(address: string): Result<Recipient, RecipientError> {
    return this.#normalise(address).andThen((normal): Result<Recipient, RecipientError> => {
      const entry = this.#entries.get(normal);
      return entry === undefined
        ? err({ kind: 'unknown-recipient', recipient: normal })
        : ok({ address: normal, key: entry.key });
    });
  }

  set(address: string, key: Uint8Array): ResultAsync<void, RecipientError> {
    const normal = this.#normalise(address);
    if (normal.isErr()) return errAsync(normal.error);
    if (!this.#isKey(key)) return errAsync({ kind: 'bad-key' });
    return this.#turns.take(() => this.#write({ address: normal.value, key: key.slice() }));
  }

  /** Sets a key unless it is there already. */
  ensure(address: string, key: Uint8Array): ResultAsync<void, RecipientError> {
    const held = this.get(address);
    return held.isOk() && equal(held.value.key, key) ? okAsync(undefined) : this.set(address, key);
  }

  remove(address: string): ResultAsync<void, RecipientError> {
    return this.#turns.take(() =>
      this.get(address).asyncAndThen((recipient) => this.#erase(recipient.address)),
    );
  }

  list(): readonly Recipient[] {
    return this.#sorted;
  }

  findByKey(key: Uint8Array): Address | undefined {
    return this.#byKey.get(toHex(key));
  }

  rescan(): ResultAsync<readonly RecipientError[], RecipientError> {
    return this.#turns.take(() => this.#readAll());
  }

  #write({ address, key }: Recipient): ResultAsync<void, RecipientError> {
    const { files } = this.#options;
    const name = recipientFileName(address);
    const others = this.#entries.get(address)?.names.filter((other) => other !== name) ?? [];
    return files
      .write(this.#path(name), utf8(encodePem(PEM_KEYS.x25519Public, key)))
      .andThen(() => ResultAsync.combine(others.map((other) => files.remove(this.#path(other)))))
      .mapErr(unusable)
      .map(() => {
        const entry = { address, key, names: [name] };
        this.#remember(new Map([...this.#entries, [address, entry]]));
      });
  }

  #erase(address: Address): ResultAsync<void, RecipientError> {
    const names = this.#entries.get(address)?.names ?? [];
    const removed = names.map((name) => this.#options.files.remove(this.#path(name)));
    return ResultAsync.combine(removed)
      .mapErr(unusable)
      .map(() => {
        this.#remember(new Map([...this.#entries].filter(([other]) => other !== address)));
      });
  }

  #readAll(): ResultAsync<readonly RecipientError[], RecipientError> {
    const { files, directory } = this.#options;
    const readOne = (name: string) => this.#readFile(name);
    const collect = (contents: readonly FileContent[]) => this.#collect(contents);
    return safeTry(async function* () {
      const contents: FileContent[] = [];
      const problems: RecipientError[] = [];
      for (const name of yield* files.list(directory).mapErr(unusable)) {
        if (!name.endsWith(EXTENSION)) continue;
        const read = await readOne(name);
        if (read.isOk()) contents.push(read.value);
        else problems.push(read.error);
      }
      return ok([...problems, ...collect(contents)]);
    });
  }

  /** Takes over what the files say; where two disagree, the one with our name for it counts. */
  #collect(contents: readonly FileContent[]): readonly RecipientError[] {
    const entries = new Map<Address, Entry>();
    const problems: RecipientError[] = [];
    for (const { address, key, name } of contents) {
      const held = entries.get(address);
      const names = [...(held?.names ?? []), name];
      if (held && !equal(held.key, key)) {
        problems.push(this.#damaged(name, 'another file has another key for this address'));
      }
      const counts = held === undefined || name === recipientFileName(address);
      entries.set(address, { address, key: counts ? key : held.key, names });
    }
    this.#remember(entries);
    return problems;
  }

  #readFile(name: string): ResultAsync<FileContent, RecipientError> {
    const address = this.#normalise(unescapeName(name.slice(0, -EXTENSION.length)));
    if (address.isErr()) return errAsync(this.#damaged(name, 'not named by an address'));
    return this.#options.files
      .read(this.#path(name))
      .mapErr(unusable)
      .andThen((file) =>
        decodePem(PEM_KEYS.x25519Public, file).mapErr((error) =>
          this.#damaged(name, pemProblem(error)),
        ),
      )
      .andThen((key): Result<FileContent, RecipientError> =>
        this.#isKey(key)
          ? ok({ address: address.value, key, name })
          : err(this.#damaged(name, 'a key that protects nothing')),
      );
  }

  #remember(entries: ReadonlyMap<Address, Entry>): void {
    this.#entries = entries;
    this.#sorted = [...entries.values()]
      .map(({ address, key }) => ({ address, key }))
      .sort((a, b) => (a.address < b.address ? -1 : 1));
    const named = this.#sorted.map(({ address, key }) => [toHex(key), address] as const);
    this.#byKey = new Map(named.toReversed());
  }

  #normalise(text: string): Result<Address, RecipientError> {
    const { caseSensitive = false } = this.#options;
    return normaliseAddress(text, { caseSensitive })
      .map(({ address }) => address)
      .mapErr(({ address }) => ({ kind: 'bad-address', address }));
  }

  #isKey(key: Uint8Array): boolean {
    return key.length === KEY_LENGTH && !isLowOrder(this.#options.primitives.x25519, key);
  }

  #path(name: string): string {
    return `${this.#options.directory}/${name}`;
  }

  #damaged(name: string, problem: string): RecipientError {
    return { kind: 'recipient-file', path: this.#path(name), problem };
  }
}

const unusable = ({ path, reason }: FilesError): RecipientError => ({
  kind: 'recipient-file',
  path,
  problem: reason,
});

const escapeChar = (char: string): string => toHex(utf8(char)).toUpperCase().replace(/../g, '%$&');

const unescapeName = (name: string): string =>
  name.replace(/(?:%[0-9A-F]{2})+/g, (run) =>
    fromUtf8(fromHex(run.replaceAll('%', '')) ?? utf8(run)),
  );
