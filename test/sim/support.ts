import { settingsSchema, type Settings } from '../../sim/settings.js';

/** Settings of a simulation; what is not said is the default. */
export const settingsOf = (tables: {
  readonly Simulation?: Readonly<Record<string, unknown>>;
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly Mixing?: Readonly<Record<string, unknown>>;
}): Settings => settingsSchema.parse(tables);
