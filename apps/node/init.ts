/**
 * `postern node ROLE init`: keys, private directories and a commented configuration.
 *
 * The configuration comes last: where it is, everything else is.
 * @module
 */
import { dirname } from 'node:path';
import { err, ok, safeTry, type Result, type ResultAsync } from 'neverthrow';
import { fromUtf8, toBase64, utf8 } from '../../src/bytes/text.js';
import type { FilesError, Io } from '../../src/io/contracts.js';
import type { ConfigFileError } from '../config/errors.js';
import { ensurePrivateDirectory, type PrivateFileError } from '../config/private-files.js';
import { authoritySchema } from './authority-schema.js';
import { commentedToml } from './commented.js';
import { readConfiguredNode } from './configured.js';
import type { Role } from './role.js';
import { generateIdentity, type NodeRunError } from './run.js';
import { serverSchema } from './schema.js';

export interface NodeWish {
  readonly role: Role;
  readonly configFile: string;
  /** Absolute. */
  readonly dataDir: string;
  /** `IP:port`, at least one. */
  readonly addresses: readonly string[];
  /** A node's name. */
  readonly identifier?: string;
  /** A node's network. */
  readonly authority?: { readonly address: string; readonly publicKey: string };
}

export interface NodeInitialised {
  readonly configFile: string;
  /** Ed25519, base64. */
  readonly identityKey: string;
  /** What others put into their files, TOML. */
  readonly forOthers: string;
}

export type NodeInitError =
  | NodeRunError
  | PrivateFileError
  | FilesError
  | ConfigFileError
  | { readonly kind: 'other-config'; readonly path: string };

/**
 * Makes what a part needs to start. A second run with the same wish changes nothing.
 *
 * @errors `other-config`: there is another file; `config-problems`: the wish makes no good one
 */
export const initialiseNode = (
  io: Io,
  wish: NodeWish,
): ResultAsync<NodeInitialised, NodeInitError> =>
  safeTry<NodeInitialised, NodeInitError>(async function* () {
    const { role, configFile, dataDir } = wish;
    const text = textOf(wish);
    const { config } = yield* readConfiguredNode(role)(text, configFile).mapErr(
      (problems): NodeInitError => ({ kind: 'config-problems', problems }),
    );
    yield* io.files.makeDirectory(dirname(configFile));
    const isThere = yield* await lookFor(io, configFile, text);
    yield* ensurePrivateDirectory(dataDir);
    const identityKey = toBase64(yield* generateIdentity(config, io));
    if (!isThere) yield* io.files.write(configFile, utf8(text));
    return ok({ configFile, identityKey, forOthers: forOthersOf(wish, identityKey) });
  });

/** Whether the file is there as we would write it. */
const lookFor = async (
  { files }: Io,
  path: string,
  text: string,
): Promise<Result<boolean, NodeInitError>> => {
  const found = await files.read(path);
  if (found.isErr()) return found.error.reason === 'missing' ? ok(false) : err(found.error);
  return fromUtf8(found.value) === text ? ok(true) : err({ kind: 'other-config', path });
};

const textOf = ({ role, dataDir, addresses, identifier, authority }: NodeWish): string => {
  const head = `# Configuration of a Postern ${role}. What is commented out has the value shown.`;
  if (role === 'authority') {
    const given = { Authority: { Addresses: addresses, DataDir: dataDir } };
    return commentedToml(authoritySchema, given, head);
  }
  return commentedToml(
    serverSchema,
    {
      Server: {
        Identifier: identifier,
        Addresses: addresses,
        DataDir: dataDir,
        IsProvider: role === 'provider',
      },
      'PKI.Nonvoting': { Address: authority?.address, PublicKey: authority?.publicKey },
    },
    head,
  );
};

const forOthersOf = ({ role, identifier, addresses }: NodeWish, key: string): string => {
  switch (role) {
    case 'authority':
      return `[PKI.Nonvoting]\nAddress = "${addresses[0] ?? ''}"\nPublicKey = "${key}"`;
    case 'mix':
      return `[[Mixes]]\nIdentityKey = "${key}"`;
    case 'provider':
      return `[[Providers]]\nIdentifier = "${identifier ?? ''}"\nIdentityKey = "${key}"`;
  }
};
