/**
 * Comparisons that take the same time whatever the bytes are.
 * @module
 */

/** Whether two byte strings are equal, without an early exit; unequal lengths are unequal. */
export const equal = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
};

/** Whether every byte is zero, without an early exit. */
export const isZero = (bytes: Uint8Array): boolean => {
  let seen = 0;
  for (const byte of bytes) seen |= byte;
  return seen === 0;
};

/** Overwrites secrets with zeros. */
export const wipe = (...secrets: readonly Uint8Array[]): void => {
  for (const secret of secrets) secret.fill(0);
};
