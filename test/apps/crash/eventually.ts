/** Waiting for what other processes do. */
const LOOK_MS = 20;

/** Looks until `isDone`; false when it was not in time. */
export const eventually = async (
  isDone: () => Promise<boolean>,
  limitMs: number,
): Promise<boolean> => {
  const until = performance.now() + limitMs;
  while (performance.now() < until) {
    if (await isDone()) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return isDone();
};
