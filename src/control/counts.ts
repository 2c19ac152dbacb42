/**
 * Counts: how often what has happened at a listener, by name.
 * @module
 */

/** Counts one event. */
export type Count = (event: string) => void;

export interface Counts {
  readonly count: Count;
  /** A copy of all counts so far, by name. */
  snapshot(): Readonly<Record<string, number>>;
}

export const makeCounts = (): Counts => {
  const counts = new Map<string, number>();
  return {
    count: (event) => void counts.set(event, (counts.get(event) ?? 0) + 1),
    snapshot: () => Object.fromEntries(counts),
  };
};
