/**
 * The keys of recipients, one PEM file each.
 *
 * A file is named by its address, as people and mailproxy name them; characters that a file system
 * might not keep are escaped. A file that cannot be used is reported and costs the others nothing.
 * @module
 */
import { err, errAsync, ok, type Result, ResultAsync, safeTry } from 'neverthrow';
import { equal } from '../../bytes/compare.js';
import { decodePem, encodePem, PEM_KEYS, pemProblem } from '../../bytes/pem.js';
import { fromHex, fromUtf8, toHex, utf8 } from '../../bytes/text.js';
import type { Files, FilesError } from '../../io/contracts.js';
import { normaliseAddress } from '../../mail/address.js';
import type { FoundKey, RecipientError } from '../recipient-types.js';
import type { Address } from '../types.js';

export interface RecipientFilesDeps {
  readonly files: Files;
  /** Absolute. */
  readonly directory: string;
  readonly caseSensitive: boolean;
  /** Whether a key of this form can be anybody's. */
  readonly isKey: (key: Uint8Array) => boolean;
}

const EXTENSION = '.pem';

/** What stays as it is in a file name; a dot in front would hide the file. */
const ESCAPED = /^\.|[^A-Za-z0-9!#$&'+=^_`{}~@.-]/gu;

/** The file name of an address. */
export const recipientFileName = (address: Address): string =>
  address.replace(ESCAPED, escapeChar) + EXTENSION;

/** What is known of one address. */
interface Entry extends FoundKey {
  /** All its files: others than our name for it may come from people. */
  readonly names: readonly string[];
}

/** What one file says. */
interface FileContent extends FoundKey {
  readonly name: string;
}

/** The directory, as it was read last; calls that change something must not overlap. */
export class RecipientFiles {
  readonly #deps: RecipientFilesDeps;
  #entries: ReadonlyMap<Address, Entry> = new Map();
  /** Sorted by address. */
  #sorted: readonly FoundKey[] = [];
  #byKey: ReadonlyMap<string, Address> = new Map();

  constructor(deps: RecipientFilesDeps) {
    this.#deps = deps;
  }

  /** The key of a normalised address. */
  get(address: Address): Uint8Array | undefined {
    return this.#entries.get(address)?.key;
  }

  /** Sorted by address. */
  list(): readonly FoundKey[] {
    return this.#sorted;
  }

  /** Who has this key; the first by address where several do. */
  findByKey(key: Uint8Array): Address | undefined {
    return this.#byKey.get(toHex(key));
  }

  /** Puts a key into the file of our own name for its address, and removes the others. */
  write({ address, key }: FoundKey): ResultAsync<void, RecipientError> {
    const { files } = this.#deps;
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

  /** Removes all files of an address. */
  erase(address: Address): ResultAsync<void, RecipientError> {
    const names = this.#entries.get(address)?.names ?? [];
    const removed = names.map((name) => this.#deps.files.remove(this.#path(name)));
    return ResultAsync.combine(removed)
      .mapErr(unusable)
      .map(() => {
        this.#remember(new Map([...this.#entries].filter(([other]) => other !== address)));
      });
  }

  /**
   * Reads the directory again.
   *
   * @returns which files cannot be used
   * @errors `recipient-file`: the directory itself
   */
  readAll(): ResultAsync<readonly RecipientError[], RecipientError> {
    const { files, directory } = this.#deps;
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
    const { caseSensitive, files, isKey } = this.#deps;
    const text = unescapeName(name.slice(0, -EXTENSION.length));
    const normal = normaliseAddress(text, { caseSensitive });
    if (normal.isErr()) return errAsync(this.#damaged(name, 'not named by an address'));
    return files
      .read(this.#path(name))
      .mapErr(unusable)
      .andThen((file) =>
        decodePem(PEM_KEYS.x25519Public, file).mapErr((error) =>
          this.#damaged(name, pemProblem(error)),
        ),
      )
      .andThen((key): Result<FileContent, RecipientError> =>
        isKey(key)
          ? ok({ address: normal.value.address, key, name })
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

  #path(name: string): string {
    return `${this.#deps.directory}/${name}`;
  }

  #damaged(name: string, problem: string): RecipientError {
    return { kind: 'recipient-file', path: this.#path(name), problem };
  }
}

/** A file error as one of recipients. */
export const unusable = ({ path, reason }: FilesError): RecipientError => ({
  kind: 'recipient-file',
  path,
  problem: reason,
});

const escapeChar = (char: string): string => toHex(utf8(char)).toUpperCase().replace(/../g, '%$&');

const unescapeName = (name: string): string =>
  name.replace(/(?:%[0-9A-F]{2})+/g, (run) =>
    fromUtf8(fromHex(run.replaceAll('%', '')) ?? utf8(run)),
  );
