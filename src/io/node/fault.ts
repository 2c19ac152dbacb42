/**
 * The code of a failure that Node.js reports, such as `ENOENT`.
 * @module
 */

/** `undefined` for whatever carries none. */
export const faultCode = (thrown: unknown): string | undefined => {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
};
