/**
 * The sanitiser: a mail in its normal form, whatever program wrote it.
 *
 * A normal form, not a list of what is forbidden: the mail is read for what it says, and written
 * anew. Equal content leaves as equal bytes, but for the random tokens, and what nobody has thought
 * of does not leave. Signed and encrypted parts stay to the byte below their own header.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { type EntityError, readEntity, readShallow } from '../mail/entity.js';
import { type HeaderError, type HeaderField, type MailHead, readHead } from '../mail/header.js';
import { encodePart, type Part } from '../mail/mime.js';
import { encodeContent } from './encode-content.js';
import { keptFields, type Renamed, topFields } from './fields.js';
import type { Leak } from './leaks.js';
import { findLeaks } from './lint.js';
import type { Maker, SanitisePolicy } from './policy.js';
import { readContent } from './read-content.js';
import { topMimeFields } from './top-mime.js';

export interface Sanitised {
  readonly mail: Uint8Array;
  /** What the mail still says about its sender. */
  readonly leaks: readonly Leak[];
  /** The id that the mail had, and the one that it leaves under; absent where it had none. */
  readonly renamed?: Renamed;
}

/** A body that has no normal form that is still the same mail. */
export interface Unsanitisable {
  readonly kind: 'unsanitisable';
  /** The place of the part at fault, such as `1.2`; empty for the whole mail. */
  readonly part: string;
  readonly problem:
    'no-boundary' | 'header' | 'encoded-multipart' | 'transfer-encoding' | 'too-complex';
}

export type SanitiseError = HeaderError | Unsanitisable;

/** A mail in its normal form, before anybody has looked at what it still tells. */
export interface NormalForm {
  readonly mail: Uint8Array;
  readonly renamed: Renamed | undefined;
  /** Why the body is the one that came, where the policy lets it leave so. */
  readonly failed: Unsanitisable | undefined;
}

/**
 * Brings a mail into the normal form.
 *
 * The same mail, policy and maker give the same bytes, and what comes out comes out again of
 * itself. Never throws.
 *
 * @param mail - RFC 5322 bytes with any line ends
 * @errors `bad-mail` — its header is none; `unsanitisable` — in mode `full`, unless the policy lets
 * such a body leave as it is
 */
export const sanitise = (
  mail: Uint8Array,
  policy: SanitisePolicy,
  maker: Maker,
): Result<Sanitised, SanitiseError> =>
  normalForm(mail, policy, maker).map(({ mail: normal, renamed, failed }) => {
    const left: readonly Leak[] =
      failed === undefined
        ? []
        : [{ kind: 'body-untouched', part: failed.part, problem: failed.problem }];
    const leaks = [...left, ...findLeaks(normal, policy, maker)];
    return { mail: normal, leaks, ...(renamed === undefined ? {} : { renamed }) };
  });

/** The same for who does not ask what the mail still tells. */
export const normalForm = (
  mail: Uint8Array,
  policy: SanitisePolicy,
  maker: Maker,
): Result<NormalForm, SanitiseError> =>
  readHead(mail).andThen((head) => {
    const { fields, renamed } = topFields(head.lines, policy, maker);
    return bodyOf(mail, head, policy, maker).map(({ part, failed }) => {
      const all = [...fields, ...part.fields, ...keptFields(head.lines, policy)];
      return { mail: encodePart({ fields: all, body: part.body }), renamed, failed };
    });
  });

/** A body with its MIME fields. */
interface Body {
  readonly part: Part;
  readonly failed: Unsanitisable | undefined;
}

const bodyOf = (
  mail: Uint8Array,
  head: MailHead,
  policy: SanitisePolicy,
  maker: Maker,
): Result<Body, SanitiseError> => {
  const untouched = (failed: Unsanitisable | undefined): Result<Body, SanitiseError> => {
    const entity = readShallow(mail, head);
    return ok({ part: { fields: topMimeFields(entity), body: entity.body }, failed });
  };
  if (policy.mode === 'headers') return untouched(undefined);
  const mayPass = policy.unsanitisable === 'send';
  return rewritten(mail, policy, maker)
    .map((part): Body => ({ part, failed: undefined }))
    .orElse((error) =>
      mayPass && error.kind === 'unsanitisable'
        ? untouched(error)
        : err<Body, SanitiseError>(error),
    );
};

const VERSION: HeaderField = { name: 'MIME-Version', value: '1.0' };

const rewritten = (
  mail: Uint8Array,
  { images = 'keep' }: SanitisePolicy,
  { random }: Maker,
): Result<Part, SanitiseError> =>
  readEntity(mail)
    .mapErr(errorOf)
    .andThen((entity) =>
      readContent(entity, { images }).mapErr((unreadable): SanitiseError => ({
        kind: 'unsanitisable',
        ...unreadable,
      })),
    )
    .map((content) => {
      const { fields, body } = encodeContent(content, random);
      return { fields: [VERSION, ...fields], body };
    });

const errorOf = (error: EntityError): SanitiseError => {
  if (error.kind === 'bad-mail') return error;
  if (error.kind === 'too-complex') return { kind: 'unsanitisable', part: '', problem: error.kind };
  return { kind: 'unsanitisable', part: error.part, problem: error.problem };
};
