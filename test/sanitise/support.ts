/** Mails, policies and makers of the sanitiser's tests. */
import { readdirSync, readFileSync } from 'node:fs';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import { seededRandom } from '../../src/io/memory.js';
import type { Maker, SanitisePolicy } from '../../src/sanitise/policy.js';
import { sanitise, type Sanitised } from '../../src/sanitise/sanitise.js';

export const ALICE = 'alice@p1.test';
export const NOW_MS = 1_795_296_374_000;

export const FULL: SanitisePolicy = { mode: 'full', addresses: [ALICE] };
export const HEADERS: SanitisePolicy = { mode: 'headers', addresses: [ALICE] };

export const makerOf = (seed: number | string = 1): Maker => ({
  nowMs: NOW_MS,
  random: seededRandom(seed),
});

/** Sanitised with the same chance each time. */
export const clean = (mail: Uint8Array | string, policy = FULL): Sanitised =>
  sanitise(typeof mail === 'string' ? utf8(mail) : mail, policy, makerOf())._unsafeUnwrap();

export const cleanText = (mail: Uint8Array | string, policy = FULL): string =>
  fromUtf8(clean(mail, policy).mail);

/** Without the random tokens: what the checks compare. */
export const shapeOf = (mail: Uint8Array | string): string =>
  (typeof mail === 'string' ? mail : fromUtf8(mail))
    .replace(/<[^>@]*@anonymous/g, '<ID@anonymous')
    .replace(/=_[0-9a-f]{32}/g, '=_B');

const CORPUS = new URL('corpus/', import.meta.url);

export const KINDS = ['new', 'reply', 'attachment', 'signed'] as const;
export type Kind = (typeof KINDS)[number];

/** The corpus's mails of a kind, by program. */
export const corpusOf = (kind: Kind): ReadonlyMap<string, Uint8Array> =>
  new Map(
    readdirSync(CORPUS)
      .filter((name) => name.endsWith(`.${kind}.eml`))
      .map((name) => [
        name.slice(0, -`.${kind}.eml`.length),
        new Uint8Array(readFileSync(new URL(name, CORPUS))),
      ]),
  );

export const corpusPath = (name: string): string => new URL(name, CORPUS).pathname;
