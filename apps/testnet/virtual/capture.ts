/**
 * Captured mail blocks: what providers have put into spools, to be put there once more.
 *
 * A replayed packet is refused by its replay tag as long as its mix key lives, and by its key
 * afterwards; whoever wants to see a receiver meet the same block again must deliver it again.
 * @module
 */
import { ok, safeTry, type ResultAsync } from 'neverthrow';
import type { Random } from '../../../src/io/contracts.js';
import type { Change, OpenStore, StoreError } from '../../../src/store/store.js';

const INDEX = 'provider/spool-index';
const BODIES = 'provider/spool-bodies';
const ID_LENGTH = 16;
/** In an index record behind the sequence: whether the item is a reply. */
const KIND_AT = 8;

/** One block as its provider's store has it. */
interface CapturedBlock {
  readonly path: string;
  readonly entry: Uint8Array;
  readonly body: Uint8Array;
}

export class Capture {
  readonly #blocks: CapturedBlock[] = [];
  #isPaused = false;

  get count(): number {
    return this.#blocks.length;
  }

  /** Paths of the stores that blocks were put into. */
  get paths(): readonly string[] {
    return [...new Set(this.#blocks.map(({ path }) => path))];
  }

  /** Looks at one batch of a store. */
  readonly watch = (path: string, changes: readonly Change[]): void => {
    if (this.#isPaused) return;
    const entry = putInto(changes, INDEX);
    const body = putInto(changes, BODIES);
    if (!entry || !body || entry[KIND_AT] !== 0) return;
    this.#blocks.push({ path, entry: entry.slice(), body: body.slice() });
  };

  /** Puts all blocks of one store into it again, behind nobody's back: it must not be open. */
  deliverAgain(
    path: string,
    {
      open,
      key,
      random,
    }: { readonly open: OpenStore; readonly key: Uint8Array; readonly random: Random },
  ): ResultAsync<void, StoreError> {
    const blocks = this.#blocks.filter((block) => block.path === path);
    const pause = (isPaused: boolean): void => void (this.#isPaused = isPaused);
    return safeTry(async function* () {
      const store = yield* open(path, key);
      pause(true);
      const committed = await store.commit(blocks.flatMap((block) => copyOf(block, random)));
      pause(false);
      await store.close();
      yield* committed;
      return ok(undefined);
    });
  }
}

const putInto = (changes: readonly Change[], collection: string): Uint8Array | undefined => {
  const found = changes.find((change) => change.collection === collection && change.kind === 'put');
  return found?.kind === 'put' ? found.value : undefined;
};

const copyOf = ({ entry, body }: CapturedBlock, random: Random): readonly Change[] => {
  const key = random(ID_LENGTH);
  return [
    { kind: 'put', collection: INDEX, key, value: entry },
    { kind: 'put', collection: BODIES, key, value: body },
  ];
};
