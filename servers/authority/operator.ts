/**
 * What the operator of an authority asks and decides over its management socket: methods of
 * JSON-RPC, and the same as verbs.
 *
 * A node's ID is its Ed25519 identity key in hex; base64 is taken too.
 * @module
 */
import { ok, type ResultAsync } from 'neverthrow';
import { parseKeyText, toHex } from '../../src/bytes/text.js';
import {
  DONE,
  FAILED,
  BAD_ARGUMENTS,
  type Verb,
  type VerbTable,
} from '../../src/control/dialogue.js';
import type { JsonObject } from '../../src/control/json.js';
import {
  gives,
  rpcMethod,
  value,
  type Param,
  type RpcFailure,
  type RpcMethods,
} from '../../src/control/method.js';
import type { Params } from '../../src/control/params.js';
import {
  described,
  FLAG,
  INTEGER,
  listOf,
  oneOf,
  orNothing,
  record,
  TEXT,
} from '../../src/control/schema.js';
import type { Epoch } from '../../src/pki/epoch.js';
import { EPOCHS_SEEN } from './attendance.js';
import type { ListedNode, Registry, WaitingNode } from './registry.js';

export interface OperatorDeps {
  readonly registry: Registry;
  /** The epoch of this moment. */
  readonly now: () => Epoch;
}

const ID_TEXT = 'an identity key: 32 bytes in hex or base64';
const ID = described(TEXT, 'its Ed25519 identity key in hex');
const TIME = described(INTEGER, 'ms since the Unix epoch');
const KIND = oneOf('mix', 'provider');

const WAITING = record({
  id: ID,
  kind: KIND,
  name: TEXT,
  state: described(
    oneOf('new', 'mismatch', 'rejected'),
    'mismatch: a listed node of another identity has this name',
  ),
  addresses: listOf(TEXT),
  firstMs: TIME,
  lastMs: TIME,
});

const LISTED = record({
  id: ID,
  kind: KIND,
  name: orNothing(described(TEXT, 'null before a mix’s first descriptor')),
  origin: oneOf('configured', 'approved'),
  missing: described(FLAG, 'it has not posted for the current epoch'),
  sinceMs: orNothing(described(INTEGER, 'when its first descriptor came, ms since the Unix epoch')),
  lastEpoch: orNothing(described(INTEGER, 'the last one that it has posted for')),
  attended: described(INTEGER, 'of the last epochs it has posted for so many'),
  outOf: described(INTEGER, `those epochs, at most ${EPOCHS_SEEN}`),
  missedInRow: described(INTEGER, 'epochs since the last one that it has posted for'),
});

const waitingJson = (node: WaitingNode): JsonObject => {
  const { identityKey, kind, name, state, addresses, firstMs, lastMs } = node;
  return { id: toHex(identityKey), kind, name, state, addresses, firstMs, lastMs };
};

const listedJson = (node: ListedNode): JsonObject => {
  const { identityKey, kind, name, origin, attendance, isMissing } = node;
  return {
    ...{ id: toHex(identityKey), kind, name: name ?? null, origin, missing: isMissing },
    sinceMs: attendance?.sinceMs ?? null,
    lastEpoch: attendance?.lastEpoch ?? null,
    attended: attendance?.attended ?? 0,
    outOf: attendance?.outOf ?? 0,
    missedInRow: attendance?.missedInRow ?? 0,
  };
};

const takeId = (params: Params, name: string): Uint8Array => {
  const key = parseKeyText(params.text(name));
  params.require(key !== undefined, name, ID_TEXT);
  return key;
};

/** The listed nodes with their attendance. */
export const nodesJson = ({ registry, now }: OperatorDeps): readonly JsonObject[] =>
  registry.listed(now()).map(listedJson);

const NODE_ID: Param<Uint8Array> = {
  about: `the node’s ID, ${ID_TEXT}`,
  schema: TEXT,
  required: true,
  take: takeId,
};

export const operatorMethods = (deps: OperatorDeps): RpcMethods => ({
  pending: rpcMethod(
    { summary: 'nodes that wait to be listed', params: {}, answer: gives(listOf(WAITING)) },
    () => okValue(deps.registry.waiting().map(waitingJson)),
  ),
  nodes: rpcMethod(
    {
      summary: 'listed nodes, and how present they are',
      params: {},
      answer: gives(listOf(LISTED)),
    },
    () => okValue(nodesJson(deps)),
  ),
  approve: rpcMethod(
    {
      summary: 'lists a waiting node, from its next descriptor on',
      params: { node: NODE_ID },
      answer: gives(record({ id: ID, kind: KIND, name: TEXT })),
    },
    ({ node }) =>
      deps.registry
        .approve(node)
        .map(({ identityKey, kind, name }) => value({ id: toHex(identityKey), kind, name }))
        .mapErr((error): RpcFailure => error),
  ),
  reject: rpcMethod(
    {
      summary: 'turns a waiting node away, or one that was approved',
      params: { node: NODE_ID },
      answer: gives(record({ id: ID })),
    },
    ({ node }) =>
      deps.registry
        .reject(node)
        .map(() => value({ id: toHex(node) }))
        .mapErr((error): RpcFailure => error),
  ),
});

const okValue = (json: readonly JsonObject[]) => ok(value(json));

export const operatorVerbs = (deps: OperatorDeps): VerbTable => ({
  PENDING: showing(() => deps.registry.waiting().map(waitingJson)),
  NODES: showing(() => nodesJson(deps)),
  APPROVE: deciding((key) => deps.registry.approve(key)),
  REJECT: deciding((key) => deps.registry.reject(key)),
});

/** A node per line, as JSON. */
const showing = (list: () => readonly JsonObject[]): Verb => ({
  words: [0, 0],
  run: () => ({ kind: 'block', lines: list().map((node) => JSON.stringify(node)) }),
});

const deciding = (decide: (key: Uint8Array) => ResultAsync<unknown, unknown>): Verb => ({
  words: [1, 1],
  run: ([text = '']) => {
    const key = parseKeyText(text);
    if (key === undefined) return BAD_ARGUMENTS;
    return decide(key).match(
      () => DONE,
      () => FAILED,
    );
  },
});
