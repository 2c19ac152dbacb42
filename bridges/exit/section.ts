/**
 * Keys that the sections of several modules have.
 * @module
 */
import { isAbsolute } from 'node:path';
import * as z from 'zod';

const ABSOLUTE = { error: 'must be an absolute path' };
const USUAL_TIMEOUT_S = 300;
const LONGEST_TIMEOUT_S = 3600;

export const absolutePath = z.string(ABSOLUTE).refine(isAbsolute, ABSOLUTE);

/** @param what - happens after so long */
export const timeout = (what: string) =>
  z
    .number()
    .int()
    .min(1)
    .max(LONGEST_TIMEOUT_S)
    .default(USUAL_TIMEOUT_S)
    .describe(`${what} after so long, s, at most ${LONGEST_TIMEOUT_S}, and tried again`);

export const maximumSize = z
  .number()
  .int()
  .min(1)
  .optional()
  .meta({ usual: 'none', description: 'a mail of more octets is not handed over' });

/** What an exit with that key says of itself. */
export const sizeOf = (octets: number | undefined): { readonly MaximumSize?: number } =>
  octets === undefined ? {} : { MaximumSize: octets };
