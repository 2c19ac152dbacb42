/**
 * Services: what a provider answers by itself, each a recipient like a user.
 *
 * Source: server kaetzchen; replies are `01 00`, the answer, and zeros up to a whole payload.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { fromUtf8, toBase64, utf8 } from '../../src/bytes/text.js';
import { unpadded, Writer } from '../../src/bytes/writer.js';
import type { ServiceParameters } from '../../src/pki/descriptor.js';
import type { SphinxGeometry } from '../../src/sphinx/geometry.js';
import type { DropReason } from '../node/drops.js';
import type { Users } from './contracts.js';

export interface ServiceRequest {
  /** Its zero padding included. */
  readonly body: Uint8Array;
  /** Whether an answer can be sent. */
  readonly canReply: boolean;
  /** On the monotonic clock: work on it begins by then, or never. */
  readonly startByMs: number;
}

/** What goes back, `undefined` for nothing; or why the request is dropped. */
export type ServiceAnswer = Result<Uint8Array | undefined, DropReason>;

export interface Service {
  /** Name in the descriptor. */
  readonly capability: string;
  /** Recipient of its requests, 1 to 64 bytes, lower case. */
  readonly endpoint: string;
  /** Whether it is asked also where no reply can be sent. */
  readonly hearsAll?: boolean;
  /** What the descriptor says of it; `undefined`: nothing at all. By default its endpoint. */
  advertise?(): Promise<ServiceParameters | undefined>;
  /** Answers one request, at once or later; must not throw or reject. */
  answer(request: ServiceRequest): ServiceAnswer | Promise<ServiceAnswer>;
}

/** A service of our own, which needs to wait for nothing. */
export interface PromptService extends Service {
  answer(request: Pick<ServiceRequest, 'body'>): ServiceAnswer;
}

/** Sends back nothing: a loop's packet returns to its maker, a drop's ends here. */
export const loopService: PromptService = {
  capability: 'loop',
  endpoint: '+loop',
  answer: () => ok(new Uint8Array(0)),
};

const STATUS = { ok: 0, syntax: 1, noSuchUser: 2 } as const;

/** Versions that a query may name; numbers may be written as texts. */
const VERSIONS: readonly unknown[] = [undefined, null, 0, '0'];

const isQuery = (value: unknown): value is { User?: unknown; Version?: unknown } =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).every((name) => name === 'User' || name === 'Version');

/** The user whom a query to the key server asks for; `undefined` for anything but a query. */
export const queriedUser = (request: Uint8Array): string | undefined => {
  let query: unknown;
  try {
    query = JSON.parse(fromUtf8(unpadded(request)));
  } catch {
    return undefined;
  }
  if (!isQuery(query) || !VERSIONS.includes(query.Version)) return undefined;
  const { User: user = '' } = query;
  return typeof user === 'string' ? user : undefined;
};

/** Tells users' identity keys; an unknown user and one without a key look the same. */
export const keyService = (users: Pick<Users, 'find'>): Service => ({
  capability: 'keyserver',
  endpoint: '+keyserver',
  answer: async ({ body }) => {
    const user = queriedUser(body);
    const found = user === undefined ? ok(undefined) : await users.find(user);
    if (found.isErr()) return err('service-failed');
    const key = found.value?.identityKey;
    const failure = user === undefined ? STATUS.syntax : STATUS.noSuchUser;
    return ok(
      utf8(
        JSON.stringify({
          PublicKey: key ? toBase64(key) : '',
          StatusCode: key ? STATUS.ok : failure,
          User: user ?? '',
          Version: 0,
        }),
      ),
    );
  },
});

const REPLY_MARK = 1;

/** A reply's whole payload; `undefined` when the answer does not fit. */
export const encodeReply = (
  { payloadLength, plaintextHeaderLength }: SphinxGeometry,
  answer: Uint8Array,
): Uint8Array | undefined =>
  answer.length > payloadLength - plaintextHeaderLength
    ? undefined
    : new Writer(payloadLength)
        .u8(REPLY_MARK)
        .u8(0)
        .padded(answer, payloadLength - plaintextHeaderLength)
        .done();
