/**
 * What is simulated: a network's own `[Parameters]` and `[Mixing]`, and the people who use it.
 * @module
 */
import { ok, err, type Result } from 'neverthrow';
import * as z from 'zod';
import { readToml, type ConfigProblem } from '../apps/config/toml.js';
import { parametersSchema } from '../apps/node/authority-schema.js';
import { KATZENPOST_GEOMETRY } from '../src/sphinx/geometry.js';
import { mixingSchema } from '../apps/node/mixing.js';

const count = z.number().int().positive();
const amount = z.number().min(0);

const simulationSchema = z.strictObject({
  Seed: z.union([z.string(), z.number()]).default(1).describe('the same seed gives the same run'),
  Users: count.max(100_000).default(100).describe('people with an account, all alike'),
  Providers: count.max(1000).default(2).describe('providers, which share the users evenly'),
  Layers: count.max(3).default(3).describe('layers of mixes'),
  MixesPerLayer: count.max(1000).default(3).describe('mixes in each layer'),
  MailsPerHour: amount.default(30).describe('mails that one user writes, to random others'),
  BlocksPerMail: count.default(1).describe('blocks of a mail'),
  PollingInterval: amount.default(0).describe('mean seconds between retrievals; 0: by the rates'),
  Decoys: z.boolean().default(true).describe('whether users send cover traffic'),
  MixDecoys: z.boolean().default(false).describe('whether mixes send loops at LambdaM'),
  UserPayload: count.default(KATZENPOST_GEOMETRY.userPayloadLength).describe('bytes of a block'),
  LinkDelay: amount.default(20).describe('time on each link, ms'),
  WarmUpMinutes: amount.default(2).describe('simulated before anything is measured'),
  Minutes: amount.positive().default(10).describe('simulated while it is measured'),
  PricePerGigabyte: amount.default(0.01).describe('what nodes pay for what they send'),
});

export const settingsSchema = z.strictObject({
  Simulation: simulationSchema.prefault({}),
  Parameters: parametersSchema.prefault({}),
  Mixing: mixingSchema.prefault({}),
});

export type Settings = z.output<typeof settingsSchema>;

type Tables = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A key that the command line can say too. */
export interface Flag {
  readonly flag: string;
  readonly table: keyof Settings;
  readonly key: string;
  readonly description: string;
}

const SHAPES = {
  Simulation: simulationSchema.shape,
  Parameters: parametersSchema.shape,
  Mixing: mixingSchema.shape,
} as const;

const kebab = (key: string): string =>
  key.replace(/(?<!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();

const flagsOf = (table: keyof Settings): readonly Flag[] =>
  Object.entries(SHAPES[table]).map(([key, schema]) => ({
    flag: kebab(key),
    table,
    key,
    description: z.globalRegistry.get(schema)?.description ?? '',
  }));

/** `MixPoolRate` of `[Mixing]` is `mix-pool-rate`, and so on. */
export const FLAGS: readonly Flag[] = [
  ...flagsOf('Simulation'),
  ...flagsOf('Parameters'),
  ...flagsOf('Mixing'),
];

/** A word of the command line as the value that a file would have. */
const valueOf = (word: string): unknown => {
  if (word === 'true' || word === 'false') return word === 'true';
  return word.trim() !== '' && Number.isFinite(Number(word)) ? Number(word) : word;
};

/**
 * Reads settings: the file's, then what the command line says instead.
 *
 * @param given - words by their flags
 * @errors every problem with its line or its flag, as sentences are made of
 */
export const readSettings = (
  { source, file }: { readonly source: string; readonly file: string },
  given: ReadonlyMap<string, string>,
): Result<Settings, readonly ConfigProblem[]> =>
  readToml(settingsSchema, source, file).andThen((read) => {
    const tables: Record<string, Record<string, unknown>> = {};
    for (const [table, values] of Object.entries(read)) tables[table] = { ...values };
    for (const { flag, table, key } of FLAGS) {
      const word = given.get(flag);
      const values = tables[table];
      if (word !== undefined && values !== undefined) values[key] = valueOf(word);
    }
    return checked(tables);
  });

const checked = (tables: Tables): Result<Settings, readonly ConfigProblem[]> => {
  const read = settingsSchema.safeParse(tables);
  if (!read.success) {
    return err(
      read.error.issues.map(({ path, message }) => flagProblem(String(path.at(-1)), message)),
    );
  }
  const { Simulation: simulation, Parameters: parameters } = read.data;
  const written = (simulation.MailsPerHour * simulation.BlocksPerMail) / 3_600_000;
  return written < parameters.LambdaP
    ? ok(read.data)
    : err([flagProblem('MailsPerHour', 'is more than LambdaP sends: its queue grows for ever')]);
};

const flagProblem = (key: string, problem: string): ConfigProblem => ({
  kind: 'config',
  file: 'settings',
  line: 1,
  key,
  problem,
});
