/**
 * What the sanitiser is told on a command line.
 * @module
 */
import { hostname, userInfo } from 'node:os';
import { Option, type Command } from 'commander';
import { nodeIo } from '../../src/io/node.js';
import { seededRandom } from '../../src/io/seeded-random.js';
import type { KeptField, Maker, SanitisePolicy } from '../../src/sanitise/policy.js';
import { durationMs } from './duration.js';

export interface PolicyFlags {
  readonly mode: SanitisePolicy['mode'];
  readonly from?: readonly string[];
  readonly name: string;
  readonly keep?: readonly KeptField[];
  readonly dateStep?: number;
  readonly stripImages?: boolean;
  readonly sendAnyway?: boolean;
  readonly seed?: string;
}

const KEPT: readonly KeptField[] = [
  'Reply-To',
  'Autocrypt',
  'Auto-Submitted',
  'List-Id',
  'List-Unsubscribe',
];

/** With the flags of a policy. */
export const withPolicy = (command: Command): Command =>
  command
    .addOption(
      new Option('--mode <mode>', 'how much of the mail')
        .choices(['headers', 'full'])
        .default('full'),
    )
    .option('--from <address...>', 'your own addresses; From names one of them, or the first')
    .option('--name <name>', 'the name in From: keep, none, or what it always is', 'keep')
    .addOption(new Option('--keep <field...>', 'header fields that stay').choices(KEPT))
    .option('--date-step <duration>', 'cut the date down to it, such as 1h', durationMs)
    .option('--strip-images', 'take descriptions out of JPEG and PNG images')
    .option('--send-anyway', 'let a body that cannot be sanitised leave as it is')
    .addOption(new Option('--seed <text>', 'for tests: the same tokens and time each time'));

const displayNameOf = (name: string): NonNullable<SanitisePolicy['displayName']> =>
  name === 'keep' || name === 'none' ? { kind: name } : { kind: 'fixed', text: name };

/** The policy of the flags, with the names of this host and its user as secrets. */
export const policyOf = (flags: PolicyFlags): SanitisePolicy => ({
  mode: flags.mode,
  addresses: flags.from ?? [],
  displayName: displayNameOf(flags.name),
  keep: flags.keep ?? [],
  images: flags.stripImages === true ? 'strip' : 'keep',
  unsanitisable: flags.sendAnyway === true ? 'send' : 'refuse',
  secrets: [hostname(), userInfo().username],
  ...(flags.dateStep === undefined ? {} : { dateStepMs: flags.dateStep }),
});

/** The start of 2026, for who wants the same bytes each time. */
const SEEDED_MS = 1_767_225_600_000;

export const makerOf = ({ seed }: PolicyFlags): Maker => {
  if (seed !== undefined) return { nowMs: SEEDED_MS, random: seededRandom(seed) };
  const { clock, random } = nodeIo();
  return { nowMs: clock.now(), random };
};
