/**
 * The JSON of a document, and the rules that need nothing but it.
 * @module
 */
import type { Result } from 'neverthrow';
import { Writer } from '../bytes/writer.js';
import { equal } from '../bytes/compare.js';
import type { Epoch } from './epoch.js';
import {
  readJson,
  refuse,
  toBytes,
  toList,
  writeJson,
  type FieldError,
  type Json,
  type JsonFields,
  type Writable,
} from './json.js';

/** An exponential process. */
export interface Rate {
  /** 1 / mean, per ms; 0: never. */
  readonly perMs: number;
  /** Longest sample, ms; 0: no limit. */
  readonly maxMs: number;
}

/** What a network sends how often: the authority's parameters. */
export interface Rates {
  /** Delay at each hop. */
  readonly mu: Rate;
  /** A client's sends. */
  readonly lambdaP: Rate;
  /** A client's loop decoys. */
  readonly lambdaL: Rate;
  /** A client's drop decoys. */
  readonly lambdaD: Rate;
  /** A mix's loop decoys. */
  readonly lambdaM: Rate;
}

/** A document with its descriptors still signed and unread. */
export interface DocumentContents {
  readonly epoch: Epoch;
  /** Epoch of the first document of this chain, never 0. */
  readonly genesisEpoch: Epoch;
  /** Packets that a client may send; 0: no limit. */
  readonly sendRatePerMinute: number;
  readonly rates: Rates;
  /** Signed descriptors by layer. */
  readonly topology: readonly (readonly Uint8Array[])[];
  readonly providers: readonly Uint8Array[];
  /** 40 bytes, in votes only. */
  readonly sharedRandomCommit: Uint8Array | undefined;
  /** 32 bytes; absent in votes only. */
  readonly sharedRandomValue: Uint8Array | undefined;
  readonly priorSharedRandom: readonly Uint8Array[];
}

const VERSION = 'document-v0';
const COMMIT_LENGTH = 40;
const EPOCH_LENGTH = 8;
const VALUE_LENGTH = 32;

/** Members of the rates in a document. */
const RATE_NAMES = {
  mu: 'Mu',
  lambdaP: 'LambdaP',
  lambdaL: 'LambdaL',
  lambdaD: 'LambdaD',
  lambdaM: 'LambdaM',
} as const;

export const encodeDocument = (contents: DocumentContents): Uint8Array =>
  writeJson(
    new Map<string, Writable>([
      ['Epoch', BigInt(contents.epoch)],
      ['GenesisEpoch', BigInt(contents.genesisEpoch)],
      ['SendRatePerMinute', BigInt(contents.sendRatePerMinute)],
      ...writeRates(contents.rates),
      ['Topology', contents.topology],
      ['Providers', contents.providers],
      ['SharedRandomCommit', contents.sharedRandomCommit ?? null],
      ['SharedRandomValue', contents.sharedRandomValue ?? null],
      ['PriorSharedRandom', contents.priorSharedRandom],
      ['Version', VERSION],
    ]),
  );

/**
 * Reads a verified payload; its descriptors are left as they are.
 *
 * @errors `bad-field`
 */
export const decodeDocument = (payload: Uint8Array): Result<DocumentContents, FieldError> =>
  readJson(payload, readContents);

const readContents = (from: JsonFields): DocumentContents => {
  if (from.text('Version') !== VERSION) refuse('Version', VERSION);
  const contents: DocumentContents = {
    epoch: from.integer('Epoch'),
    genesisEpoch: from.integer('GenesisEpoch'),
    sendRatePerMinute: from.integer('SendRatePerMinute'),
    rates: readRates(from),
    topology: (from.list('Topology') ?? []).map((layer) => readRaws(layer, 'Topology')),
    providers: readRaws(from.list('Providers') ?? [], 'Providers'),
    sharedRandomCommit: optional(from.bytes('SharedRandomCommit')),
    sharedRandomValue: optional(from.bytes('SharedRandomValue')),
    priorSharedRandom: readRaws(from.list('PriorSharedRandom') ?? [], 'PriorSharedRandom'),
  };
  checkSharedRandom(contents);
  checkGenesis(contents);
  return contents;
};

/** The value may be absent only beside a commit of this epoch, and the commit only beside it. */
const checkSharedRandom = (contents: DocumentContents): void => {
  const { epoch, sharedRandomCommit: commit, sharedRandomValue: value } = contents;
  if (commit !== undefined && commit.length !== COMMIT_LENGTH) {
    refuse('SharedRandomCommit', '40 bytes');
  }
  if (value !== undefined && value.length !== VALUE_LENGTH) refuse('SharedRandomValue', '32 bytes');
  if (commit === undefined && value === undefined) refuse('SharedRandomValue', 'commit or value');
  const committed = commit?.subarray(0, EPOCH_LENGTH);
  const expected = new Writer(EPOCH_LENGTH).u64(epoch).done();
  if (committed !== undefined && !equal(committed, expected)) {
    refuse('SharedRandomCommit', 'the epoch');
  }
};

const checkGenesis = ({ epoch, genesisEpoch, priorSharedRandom }: DocumentContents): void => {
  if (genesisEpoch === 0) refuse('GenesisEpoch', 'not 0');
  if (priorSharedRandom.length === 0 && genesisEpoch !== epoch) {
    refuse('PriorSharedRandom', 'empty at genesis only');
  }
};

const optional = (bytes: Uint8Array): Uint8Array | undefined =>
  bytes.length === 0 ? undefined : bytes;

const readRaws = (value: Json, field: string): readonly Uint8Array[] =>
  toList(value, field).map((item) => toBytes(item, field));

const writeRates = (rates: Rates): readonly (readonly [string, Writable])[] =>
  [
    [RATE_NAMES.mu, rates.mu] as const,
    [RATE_NAMES.lambdaP, rates.lambdaP] as const,
    [RATE_NAMES.lambdaL, rates.lambdaL] as const,
    [RATE_NAMES.lambdaD, rates.lambdaD] as const,
    [RATE_NAMES.lambdaM, rates.lambdaM] as const,
  ].flatMap(([name, rate]) => [
    [name, rate.perMs] as const,
    [`${name}MaxDelay`, BigInt(rate.maxMs)] as const,
  ]);

const readRates = (from: JsonFields): Rates => {
  const rate = (name: string): Rate => ({
    perMs: from.float(name),
    maxMs: from.integer(`${name}MaxDelay`),
  });
  return {
    mu: rate(RATE_NAMES.mu),
    lambdaP: rate(RATE_NAMES.lambdaP),
    lambdaL: rate(RATE_NAMES.lambdaL),
    lambdaD: rate(RATE_NAMES.lambdaD),
    lambdaM: rate(RATE_NAMES.lambdaM),
  };
};
