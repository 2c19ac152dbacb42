/**
 * What a ping says: a loop through a chosen node and back.
 * @module
 */

export type Ping =
  | { readonly outcome: 'returned'; readonly roundTripMs: number }
  /** Not back in time: some node on the path, not surely the chosen one, has dropped it. */
  | { readonly outcome: 'lost' };

export type PingError =
  /** There is no document of this epoch that lists us. */
  | { readonly kind: 'no-current-document' }
  /** No loop of ours can cross such a node, or two of one layer; `nodes` can be crossed. */
  | { readonly kind: 'not-crossed'; readonly nodes: readonly string[] }
  /** Providers send no loops. */
  | { readonly kind: 'no-loops' }
  | { readonly kind: 'closed' };
