/**
 * `postern key new`: an identity key pair; the public half as others want it.
 * @module
 */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { okAsync, type ResultAsync } from 'neverthrow';
import { encodePem, PEM_KEYS } from '../../../src/bytes/pem.js';
import { utf8 } from '../../../src/bytes/text.js';
import { selectPrimitives } from '../../../src/crypto/select.js';
import { keyPairOf } from '../../../src/client/keys.js';
import { nodeIo } from '../../../src/io/node.js';
import { finishWith, type Cli } from '../cli.js';
import type { CliError } from '../errors.js';

const SECRET_LENGTH = 32;

export const addKey = (program: Command, cli: Cli): void => {
  program
    .command('key')
    .description('keys')
    .command('new')
    .description('make a key pair and print the public key as a PEM file')
    .option('--private <file>', 'keep the private key in this file')
    .action((options: { readonly private?: string }) =>
      finishWith(cli, newKey(cli, options.private)),
    );
};

const newKey = ({ terminal }: Cli, file: string | undefined): ResultAsync<void, CliError> => {
  const io = nodeIo();
  const { secretKey, publicKey } = keyPairOf(selectPrimitives(), io.random(SECRET_LENGTH));
  const text = utf8(encodePem(PEM_KEYS.x25519Secret, secretKey));
  const kept =
    file === undefined
      ? okAsync(undefined)
      : io.files.write(resolve(terminal.workingDirectory, file), text);
  return kept
    .mapErr((error): CliError => error)
    .map(() => terminal.print(encodePem(PEM_KEYS.x25519Public, publicKey).trimEnd()));
};
