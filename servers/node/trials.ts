/**
 * Mixes on trial: no document lists them, but our operator has their descriptors, so that they are
 * our neighbours all the same.
 *
 * A trial needs the mix itself too, which takes every node of the documents for a neighbour. None of
 * it touches the documents: whoever draws paths from those never crosses a mix on trial.
 * @module
 */
import { okAsync, type Result, type ResultAsync } from 'neverthrow';
import { equal } from '../../src/bytes/compare.js';
import { fromUtf8 } from '../../src/bytes/text.js';
import type { Clock, Files, Log } from '../../src/io/contracts.js';
import { type GivenNodeProblem, readGivenNode } from '../../src/pki/given-node.js';
import { placeOf, type NetworkNode, type NetworkView } from '../../src/pki/view.js';
import type { SphinxSuite } from '../../src/sphinx/suite.js';
import type { NodeTuning } from './options.js';

export interface TrialsDeps {
  readonly clock: Clock;
  readonly files: Files;
  readonly log: Log;
  readonly suite: SphinxSuite;
  readonly tuning: Pick<NodeTuning, 'tryNodes'>;
  /** Our Ed25519 identity key. */
  readonly identityKey: Uint8Array;
}

type TrialProblem = GivenNodeProblem | 'unreadable';

/** What a file begins with that only says where the descriptor lies, as `current-desc`. */
const SLASH = 0x2f;

export class Trials {
  readonly #deps: TrialsDeps;
  #nodes: readonly NetworkNode[] = [];
  /** What is wrong with each path, as the log has it. */
  readonly #told = new Map<string, TrialProblem>();

  constructor(deps: TrialsDeps) {
    this.#deps = deps;
  }

  /** Their names, ours too where we are on trial. */
  get names(): readonly string[] {
    return this.#nodes.map(({ name }) => name);
  }

  /** Reads the descriptors again: they expire, and others take their place. */
  async refresh(): Promise<void> {
    const read = await Promise.all(this.#deps.tuning.tryNodes.map((path) => this.#readOne(path)));
    this.#nodes = read.flatMap((each) => each ?? []);
  }

  /** Who is our neighbour by a trial; a mix that a document lists is none there. */
  neighbours(view: NetworkView): readonly NetworkNode[] {
    const { identityKey: ours } = this.#deps;
    const unlisted = this.#nodes.filter(({ identityKey }) => !placed(view, identityKey));
    const others = unlisted.filter(({ identityKey }) => !equal(identityKey, ours));
    if (placed(view, ours)) return others;
    const isOurTrial = others.length < unlisted.length;
    return isOurTrial ? [...view.entries, ...view.layers.flat(), ...view.exits, ...others] : [];
  }

  async #readOne(path: string): Promise<NetworkNode | undefined> {
    const { clock, suite } = this.#deps;
    const read = (await this.#descriptorAt(path)).andThen((raw) =>
      readGivenNode({ ...suite, nowMs: clock.now() }, raw),
    );
    this.#tell(path, read);
    return read.unwrapOr(undefined);
  }

  #descriptorAt(path: string): ResultAsync<Uint8Array, TrialProblem> {
    const { files } = this.#deps;
    return files
      .read(path)
      .andThen((bytes) =>
        bytes[0] === SLASH ? files.read(fromUtf8(bytes).trim()) : okAsync(bytes),
      )
      .mapErr((): TrialProblem => 'unreadable');
  }

  /** Once for each change. */
  #tell(path: string, read: Result<NetworkNode, TrialProblem>): void {
    const problem = read.match(
      () => undefined,
      (error) => error,
    );
    if (this.#told.get(path) === problem) return;
    if (problem === undefined) this.#told.delete(path);
    else this.#told.set(path, problem);
    const about = problem === undefined ? 'a mix is on trial' : 'a mix cannot be tried';
    this.#deps.log.write('warning', 'trial', about, problem === undefined ? {} : { problem });
  }
}

const placed = (view: NetworkView, identityKey: Uint8Array): boolean =>
  placeOf(view, identityKey) !== undefined;
