/**
 * What a daemon has of each account beside the client: the password and the folders.
 * @module
 */
import { errAsync, ResultAsync } from 'neverthrow';
import { Resources } from '../../servers/node/resources.js';
import type { FilesError, Io } from '../../src/io/contracts.js';
import type { Address, MixClient, UnknownAccount } from '../../src/index.js';
import type { AccountFolders } from './folder-config.js';
import type { DaemonError } from './errors.js';
import { openExits } from './exits.js';
import { openFolders } from './open-folders.js';
import { loadPasswords, writePassword, type BadPassword } from './passwords.js';

export interface DeskOptions {
  readonly io: Io;
  readonly client: MixClient;
  readonly dataDir: string;
}

/** Passwords and open folders, by account; accounts come and go while the daemon runs. */
export class AccountDesk {
  readonly #options: DeskOptions;
  readonly #passwords = new Map<Address, string>();
  readonly #folders = new Map<Address, Resources>();

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** What mail programs log in with; changes as accounts come and go. */
  get passwords(): ReadonlyMap<Address, string> {
    return this.#passwords;
  }

  /** Reads or makes an account's password and opens its folders and exits. */
  open(account: Address, folders: AccountFolders): ResultAsync<void, DaemonError> {
    const { io, client } = this.#options;
    const resources = new Resources();
    this.#folders.set(account, resources);
    return this.#loadPasswords([account])
      .mapErr((error): DaemonError => error)
      .andThen(() => openFolders({ io, client, account, resources }, folders))
      .map(() => openExits({ io, client, account, resources }, folders.exits ?? []));
  }

  /** Reads the passwords of all accounts again. */
  renewPasswords(): ResultAsync<void, FilesError> {
    return this.#loadPasswords([...this.#passwords.keys()]);
  }

  /** Gives an account another password; who has logged in stays so. Durable when ok. */
  setPassword(
    account: Address,
    password: string,
  ): ResultAsync<void, FilesError | BadPassword | UnknownAccount> {
    if (!this.#passwords.has(account)) return errAsync({ kind: 'unknown-account', account });
    const { io, dataDir } = this.#options;
    return writePassword({ files: io.files, dataDir }, account, password).map(() => {
      this.#passwords.set(account, password);
    });
  }

  /** Closes an account's folders and lets nobody log in to it. */
  async close(account: Address): Promise<void> {
    this.#passwords.delete(account);
    await this.#folders.get(account)?.close();
    this.#folders.delete(account);
  }

  /**
   * Takes an account out of the client, by any spelling, and closes what was here of it. The client
   * comes first: a mail in a drop folder is then left where it is.
   */
  remove(account: string): ResultAsync<void, UnknownAccount> {
    const { accounts } = this.#options.client;
    return accounts.remove(account).andThen(() => {
      const gone = [...this.#folders.keys()].filter((each) => !accounts.list().includes(each));
      return ResultAsync.fromSafePromise(
        Promise.all(gone.map((each) => this.close(each))).then(() => undefined),
      );
    });
  }

  async closeAll(): Promise<void> {
    for (const account of [...this.#folders.keys()].toReversed()) await this.close(account);
  }

  #loadPasswords(accounts: readonly Address[]): ResultAsync<void, FilesError> {
    const { io, dataDir } = this.#options;
    return loadPasswords(io, dataDir, accounts).map((loaded) => {
      for (const [account, password] of loaded) this.#passwords.set(account, password);
    });
  }
}
