/**
 * `postern desc show FILE`: what a node says of itself, and whether it has signed that.
 * @module
 */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { ok, okAsync, Result } from 'neverthrow';
import { toBase64 } from '../../../src/bytes/text.js';
import { selectPrimitives } from '../../../src/crypto/select.js';
import type { JsonObject } from '../../../src/control/json.js';
import { nodeClock } from '../../../src/io/node.js';
import {
  LAYER_PROVIDER,
  readDescriptor,
  type Descriptor,
  type DescriptorError,
} from '../../../src/pki/descriptor.js';
import { givenItem } from '../../../src/pki/path-spec.js';
import { plainFileProblem, readPlainFile } from '../../config/plain-file.js';
import { finishWith, printData, textOf, type Cli } from '../cli.js';
import type { CliError } from '../errors.js';

export const addDesc = (program: Command, cli: Cli): void => {
  program
    .command('desc')
    .description('descriptors of nodes')
    .command('show')
    .description('verify the signature of a descriptor and print what it says')
    .argument('<file>', 'such as the one that current-desc in a node’s directory names')
    .option('--json', 'print JSON')
    .action((file: string, { json }: { readonly json?: boolean }) => {
      const path = resolve(cli.terminal.workingDirectory, file);
      const shown = okAsync(path).andThen(show);
      return finishWith(
        cli,
        shown.map((said) => printData(cli, said, { json, lines: linesOf(said) })),
      );
    });
};

const show = (path: string): Result<JsonObject, CliError> =>
  readDescriptorFile(path).map(({ epoch, descriptor }) => jsonOf(epoch, descriptor));

/**
 * A path or a node as people write it, its items between commas, with each file's descriptor in
 * place of the file; a file is an item with a slash.
 */
export const withDescriptors = (cli: Cli, text: string): Result<string, CliError> =>
  Result.combine(
    text.split(',').map((item) => {
      if (!item.includes('/')) return ok(item);
      const path = resolve(cli.terminal.workingDirectory, item.trim());
      return readDescriptorFile(path).map(({ raw }) => givenItem(raw));
    }),
  ).map((items) => items.join(','));

interface VerifiedDescriptor {
  readonly raw: Uint8Array;
  readonly epoch: number;
  readonly descriptor: Descriptor;
}

const readDescriptorFile = (path: string): Result<VerifiedDescriptor, CliError> =>
  readPlainFile(path)
    .mapErr(plainFileProblem)
    .andThen((raw) =>
      readDescriptor(selectPrimitives(), raw, nodeClock().now())
        .map((read) => ({ raw, ...read }))
        .mapErr(problemOf),
    )
    .mapErr((problem): CliError => ({ kind: 'bad-descriptor-file', path, problem }));

const jsonOf = (epoch: number, descriptor: Descriptor): JsonObject => ({
  name: descriptor.name,
  role: descriptor.layer === LAYER_PROVIDER ? 'provider' : 'mix',
  identityKey: toBase64(descriptor.identityKey),
  linkKey: toBase64(descriptor.linkKey),
  addresses: Object.fromEntries([...descriptor.addresses].map(([by, list]) => [by, [...list]])),
  services: [...descriptor.services.keys()],
  epoch,
  mixKeys: [...descriptor.mixKeys.keys()].sort((a, b) => a - b),
  signature: 'good',
});

const linesOf = (said: JsonObject): readonly string[] =>
  Object.entries(said).map(([name, value]) => `${name}: ${textOf(value)}`);

const problemOf = (error: DescriptorError): string => {
  switch (error.kind) {
    case 'expired':
      return 'it has expired';
    case 'bad-signature':
    case 'not-signed':
    case 'duplicate-signature':
    case 'too-few-signatures':
    case 'signature-count':
      return 'its signature is not that of the node that it names';
    case 'unknown-key-type':
      return 'it is signed by a kind of key that is not known';
    case 'bad-certificate':
    case 'bad-field':
      return `this is no descriptor: ${error.field} must be ${error.rule}`;
  }
};
