/**
 * Answering: what an authority says to one command.
 *
 * Source: nonvoting authority v0.0.14, but for one rule: an epoch that was once refused for good is
 * never made afterwards, and the next one is only ever "not yet".
 * @module
 */
import type { Epoch } from '../../src/pki/epoch.js';
import type { Command } from '../../src/wire/commands.js';
import { CONSENSUS_CODE, POST_CODE } from '../../src/wire/directory-commands.js';
import { collect, type CollectDeps } from './collect.js';

export interface AnswerDeps extends CollectDeps {
  /** The moment of the question. */
  readonly nowMs: number;
  readonly now: Epoch;
  /** Whether an epoch's document may still be made. */
  readonly mayCome: (epoch: Epoch) => boolean;
  /** The link's proved identity key; `undefined` for those who only read. */
  readonly poster: Uint8Array | undefined;
  /** Where the link comes from, as counted. */
  readonly host: string;
}

const NO_DOCUMENT = new Uint8Array(0);

const consensus = async (deps: AnswerDeps, epoch: Epoch): Promise<Command | undefined> => {
  const document = deps.archive.document(epoch);
  if (document) return { kind: 'consensus', code: CONSENSUS_CODE.ok, document };
  const isComing = epoch > deps.now || (epoch === deps.now && deps.mayCome(epoch));
  if (isComing) return { kind: 'consensus', code: CONSENSUS_CODE.notFound, document: NO_DOCUMENT };
  // Said only when it will stay true, after a restart too.
  if (epoch === deps.now && !deps.archive.isGone(epoch)) {
    const marked = await deps.archive.markGone(epoch);
    if (marked.isErr()) return undefined;
  }
  return { kind: 'consensus', code: CONSENSUS_CODE.gone, document: NO_DOCUMENT };
};

/** @returns `undefined` for what gets no answer: the connection just ends */
export const answer = async (deps: AnswerDeps, command: Command): Promise<Command | undefined> => {
  if (command.kind === 'get-consensus') return consensus(deps, command.epoch);
  if (command.kind !== 'post-descriptor' || !deps.poster) return undefined;
  const { epoch, descriptor: raw } = command;
  const posted = { epoch, raw, identityKey: deps.poster, host: deps.host };
  const verdict = await collect(deps, posted, deps);
  return verdict === 'failed'
    ? undefined
    : { kind: 'post-descriptor-status', code: POST_CODE[verdict] };
};
