/**
 * What a mail program is told of an account.
 * @module
 */

export interface Server {
  readonly host: string;
  readonly port: number;
}

/** One account, as mail programs of this machine use it. */
export interface Settings {
  readonly address: string;
  readonly smtp: Server;
  readonly pop3: Server;
  /** Absolute path of the account's Maildir, where it has one. */
  readonly maildir: string | undefined;
  /** A line for a shell that sends the mail it reads to the recipients behind it. */
  readonly sendCommand: string;
  /** A line for a shell that prints the password. */
  readonly passwordCommand: string;
  /** The password itself, where it was asked for. */
  readonly password: string | undefined;
}

/** What every program calls itself and this machine: what says nothing. */
export const NO_HOST = 'localhost';

/** The side of the address before the `@`: a name that is in the address anyway. */
export const userOf = ({ address }: Settings): string => address.slice(0, address.lastIndexOf('@'));

/** A word for a shell. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** `scheme://user@host:port`, with what a URL cannot hold escaped. */
export const urlOf = (scheme: string, address: string, { host, port }: Server): string =>
  `${scheme}://${encodeURIComponent(address)}@${host}:${port}`;

/** Where a password is asked for and not read from a file or a command. */
export const askedFor = ({ password, passwordCommand }: Settings): string =>
  password === undefined
    ? `It asks for a password; this prints it:  ${passwordCommand}`
    : `Its password is ${password}`;
