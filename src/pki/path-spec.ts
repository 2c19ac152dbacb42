/**
 * Paths written by hand: `mix1,?,*`, as people of test networks give them.
 *
 * Items stand in the order of crossing, between our own provider and the recipient's: a mix's name,
 * `?` one drawn mix, `~n` about n of them (one less or more), `*` as many as are left. The last item
 * may name the exit. `@` and a descriptor in base64 is a mix that the document does not list.
 *
 * Source: mixminion's path syntax. Its swap point has no meaning here: packets need no second leg.
 * @module
 */
import { err, ok, Result } from 'neverthrow';
import { fromBase64, toBase64 } from '../bytes/text.js';
import type { GivenNodeProblem } from './given-node.js';

export type PathItem =
  /** A node, whose name is the item's text. */
  | { readonly kind: 'named'; readonly text: string }
  /** A node by its signed descriptor, which is not verified yet. */
  | { readonly kind: 'given'; readonly text: string; readonly raw: Uint8Array }
  /** From `least` to `most` drawn mixes. */
  | {
      readonly kind: 'drawn';
      readonly text: string;
      readonly least: number;
      readonly most: number;
    };

/** `too-long`: it is one item more than {@link MAX_ITEMS}. */
type PlainProblem =
  'empty' | 'too-long' | 'swap-point' | 'two-stars' | 'bad-count' | 'bad-descriptor';

/** What is wrong with an item; layers are indices. */
export type PathProblem =
  | { readonly kind: PlainProblem }
  /** The descriptor of a mix cannot be used, or has no key for the document's epoch. */
  | { readonly kind: 'given-node'; readonly why: GivenNodeProblem | 'no-key' }
  /** No mix and no exit has this name. */
  | { readonly kind: 'unknown-node' }
  /** An entry or exit before the end. */
  | { readonly kind: 'edge-inside' }
  /** The last item names another exit than the one that a mail to its recipient leaves by. */
  | { readonly kind: 'other-exit'; readonly exit: string }
  /** The mix is of `layer`; by what stands before it, it is crossed from `first` to `last`. */
  | {
      readonly kind: 'other-layer';
      readonly layer: number;
      readonly first: number;
      readonly last: number;
    }
  /** Nothing stands for the last `left` layers. */
  | { readonly kind: 'too-few'; readonly left: number }
  /** With this item it is more mixes than there are layers. */
  | { readonly kind: 'too-many'; readonly layers: number };

export interface PathSpecError {
  /** From 1. */
  readonly position: number;
  /** The item's text. */
  readonly item: string;
  readonly problem: PathProblem;
}

/** More than any path has mixes; a path stays short wherever it is kept. */
const MAX_ITEMS = 32;
/** Characters of an item; a mix's descriptor has a good thousand. */
const MAX_ITEM_LENGTH = 2000;
const ABOUT = /^~([1-9]\d?)$/;
/** In front of a descriptor. */
const GIVEN = '@';
/** What begins like a sign and is none: `~0`, `*3`. */
const SIGN = /^[~?*]/;

/** Reads a path as it is written; whether a network has it says `viewAlong`. */
export const parsePathSpec = (text: string): Result<readonly PathItem[], PathSpecError> => {
  const parts = text.split(',').map((part) => part.trim());
  const star = parts.indexOf('*');
  return Result.combine(
    parts.slice(0, MAX_ITEMS + 1).map((item, index) => {
      const parsed =
        index === MAX_ITEMS
          ? refuse('too-long')
          : item === '*' && index > star
            ? refuse('two-stars')
            : parseItem(item);
      return parsed.mapErr((problem): PathSpecError => ({ position: index + 1, item, problem }));
    }),
  );
};

/** Whether an item is a mix by its descriptor. */
export const isGivenItem = (item: string): boolean => item.startsWith(GIVEN);

/** The item of a mix that the document does not list. */
export const givenItem = (descriptor: Uint8Array): string => `${GIVEN}${toBase64(descriptor)}`;

/** The text of a path, without spaces. */
export const writePathSpec = (path: readonly PathItem[]): string =>
  path.map(({ text }) => text).join(',');

const parseItem = (text: string): Result<PathItem, PathProblem> => {
  if (text === '') return refuse('empty');
  if (text.startsWith(GIVEN)) return parseGiven(text);
  if (text.includes(':')) return refuse('swap-point');
  if (text === '?') return ok({ kind: 'drawn', text, least: 1, most: 1 });
  if (text === '*') return ok({ kind: 'drawn', text, least: 0, most: Infinity });
  const about = Number(ABOUT.exec(text)?.[1]);
  if (about > 0) return ok({ kind: 'drawn', text, least: about - 1, most: about + 1 });
  return SIGN.test(text) ? refuse('bad-count') : ok({ kind: 'named', text });
};

const parseGiven = (text: string): Result<PathItem, PathProblem> => {
  const raw = text.length > MAX_ITEM_LENGTH ? undefined : fromBase64(text.slice(GIVEN.length));
  return raw === undefined ? refuse('bad-descriptor') : ok({ kind: 'given', text, raw });
};

const refuse = (kind: PlainProblem): Result<never, PathProblem> => err({ kind });

/** The sentence: which item, what is wrong with it, and what to do. */
export const pathProblemText = ({ position, item, problem }: PathSpecError): string =>
  `item ${position}${item === '' ? '' : ` (${shortened(item)})`} ${reasonOf(problem)}`;

const SHOWN = 64;
const shortened = (item: string): string =>
  item.length > SHOWN ? `${item.slice(0, SHOWN)}…` : item;

const reasonOf = (problem: PathProblem): string => {
  switch (problem.kind) {
    case 'empty':
      return 'is empty: write a name, ?, ~n or * there';
    case 'too-long':
      return `is one too many: a path has at most ${MAX_ITEMS} items`;
    case 'swap-point':
      return 'has a swap point, which this network has not: write one path, without a colon';
    case 'two-stars':
      return 'is a second *: one stands for all mixes that are left';
    case 'bad-count':
      return 'is no sign of a path: they are ?, * and ~n with n from 1 to 99';
    case 'bad-descriptor':
      return 'is no descriptor in base64';
    case 'given-node':
      return `is a descriptor that cannot be used: ${GIVEN_PROBLEMS[problem.why]}`;
    case 'unknown-node':
      return 'is no mix of the network';
    case 'edge-inside':
      return 'is a provider: only the last item may name one, and the first is always your own';
    case 'other-exit':
      return `is not where the mail leaves the mixes, which is ${problem.exit}: leave it out`;
    case 'other-layer':
      return `is a mix of layer ${problem.layer}, and stands in layer ${layersOf(problem)}: name one mix for each layer, in their order, with ? or * for others`;
    case 'too-few':
      return `leaves ${counted(problem.left)} uncrossed: add ? for each, or *`;
    case 'too-many':
      return `is one too many: the network has ${counted(problem.layers)} of mixes`;
  }
};

const GIVEN_PROBLEMS: Readonly<Record<GivenNodeProblem | 'no-key', string>> = {
  expired: 'it has expired, ask for a new one',
  'no-descriptor': 'it is none, or not signed by the node that it names',
  provider: 'it is that of a provider, and only mixes can be tried',
  'no-key': 'it has no mix key for this epoch, ask for a new one',
};

const counted = (layers: number): string => (layers === 1 ? '1 layer' : `${layers} layers`);

const layersOf = ({ first, last }: { readonly first: number; readonly last: number }): string =>
  first === last ? String(first) : `${first} to ${last}`;
