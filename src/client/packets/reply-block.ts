/**
 * Reply blocks for mail: made with a path that begins at the answerer's provider, because a provider
 * takes from its accounts only what it can pass on itself. All keys are those of one epoch, so that
 * one moment ends them all.
 *
 * Source: core sphinx surb.go; the text form is our own.
 * @module
 */
import { err, ok, type Result, safeTry } from 'neverthrow';
import { fromBase64, toBase64 } from '../../bytes/text.js';
import { mailDate } from '../../mail/dates.js';
import { epochAt, epochStart, type EpochTime, remainingMs } from '../../pki/epoch.js';
import { choosePath } from '../../pki/path.js';
import type { NetworkNode, NetworkView } from '../../pki/view.js';
import { createSurb } from '../../sphinx/surb.js';
import type { BadReplyBlock, ReplyBlockFacts } from '../types.js';
import type { ComposeDeps, ComposeError, ReplyBlock as KeptKeys } from './compose.js';

/** A reply block with what is said of it. */
export interface ReplyBlock extends ReplyBlockFacts {
  /** `geometry.surbLength` bytes. */
  readonly surb: Uint8Array;
}

/** What can be said of it to anybody. */
export const factsOf = ({ via, hops, validFrom, expiresAt }: ReplyBlockFacts): ReplyBlockFacts => ({
  ...{ via, hops, validFrom, expiresAt },
});

/** The two providers of a reply's path. */
export interface ReplyEnds {
  /** Of whoever answers. */
  readonly via: NetworkNode;
  /** Our own. */
  readonly home: NetworkNode;
}

/** @errors `too-slow`: the drawn delays are longer than an epoch; those of a path */
export const makeReplyBlock = (
  { suite, random, clock, epochTime, user }: ComposeDeps,
  view: NetworkView,
  { via, home }: ReplyEnds,
): Result<{ readonly block: ReplyBlock; readonly kept: KeptKeys }, ComposeError> =>
  safeTry(function* () {
    const [validFrom, expiresAt] = usableTime(epochTime, clock.now());
    const id = random(suite.geometry.surbIdLength);
    const chosen = yield* choosePath(
      { view, epochTime, random, geometry: suite.geometry },
      {
        ...{ kind: 'reply', viaSource: true, source: via, destination: home },
        ...{ recipient: user, surbId: id, startMs: validFrom },
      },
    );
    if (chosen.endMs >= expiresAt) return err<never, ComposeError>({ kind: 'too-slow' });
    const { surb, keys } = yield* createSurb(suite, { path: chosen.path, random });
    const facts = { via: via.name, hops: chosen.path.length, validFrom, expiresAt };
    return ok({ block: { surb, ...facts }, kept: { id, keys } });
  });

/** The epoch that runs, or the next one when less than half of it is left. */
const usableTime = (time: EpochTime, nowMs: number): readonly [from: number, to: number] => {
  const isLate = remainingMs(time, nowMs) < time.periodMs / 2;
  const epoch = epochAt(time, nowMs) + (isLate ? 1 : 0);
  return [epochStart(time, epoch), epochStart(time, epoch + 1)];
};

const TITLE = 'POSTERN REPLY BLOCK';
const BEGIN = `-----BEGIN ${TITLE}-----`;
const END = `-----END ${TITLE}-----`;
const VERSION = '1';
const LINE_LENGTH = 64;
const SECOND_MS = 1000;

/** The text form: fields, an empty line, base64. Times are in seconds, with a date for people. */
export const encodeReplyBlock = ({ surb, via, hops, validFrom, expiresAt }: ReplyBlock): string =>
  [
    BEGIN,
    `Version: ${VERSION}`,
    `Via: ${via}`,
    `Hops: ${hops}`,
    `Valid-From: ${timeText(validFrom)}`,
    `Expires: ${timeText(expiresAt)}`,
    '',
    ...(toBase64(surb).match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g')) ?? []),
    END,
    '',
  ].join('\n');

const timeText = (ms: number): string => `${Math.floor(ms / SECOND_MS)} (${mailDate(ms)})`;

/**
 * Reads the one reply block in a text. Its fields are what its maker says; only the block itself is
 * what mixes go by.
 *
 * @errors `bad-reply-block`: there is none, more than one, or a damaged one
 */
export const decodeReplyBlock = (text: string): Result<ReplyBlock, BadReplyBlock> => {
  const [, inside, another] = text.split(BEGIN);
  if (inside === undefined) return bad('there is no reply block in it');
  if (another !== undefined) return bad('there is more than one reply block in it');
  const end = inside.indexOf(END);
  if (end < 0) return bad('its end is missing');
  const [head = '', body = ''] = inside.slice(0, end).replaceAll('\r', '').trim().split('\n\n', 2);
  const fields = new Map(
    [...head.matchAll(FIELD)].map(([, name = '', value = '']) => [name, value]),
  );
  if (fields.get('Version') !== VERSION) return bad(`its version is not ${VERSION}`);
  const surb = fromBase64(body.replace(/\s+/g, ''));
  if (surb === undefined || surb.length === 0) return bad('its base64 is damaged');
  const via = fields.get('Via');
  const [hops, from, to] = ['Hops', 'Valid-From', 'Expires'].map((name) =>
    numberIn(fields.get(name)),
  );
  if (via === undefined || hops === undefined || from === undefined || to === undefined) {
    return bad('Via, Hops, Valid-From or Expires is missing or damaged');
  }
  return ok({ surb, via, hops, validFrom: from * SECOND_MS, expiresAt: to * SECOND_MS });
};

const FIELD = /^([A-Za-z-]+): (\S.*?)\s*$/gm;

/** The whole number in front; at most eleven digits, which any time has. */
const numberIn = (value: string | undefined): number | undefined => {
  const digits = /^(\d{1,11})(?: \(.*\))?$/.exec(value ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
};

const bad = (problem: string): Result<never, BadReplyBlock> =>
  err({ kind: 'bad-reply-block', problem });
