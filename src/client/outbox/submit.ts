/**
 * Submitting: what a program hands in becomes the bytes that are frozen and sent.
 *
 * A body is never changed. Of the header only what must not leave is taken out, and what every mail
 * needs is added.
 *
 * Source: mailproxy, its SMTP listener and `SendMessage`; here the body is left alone.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { toHex, utf8 } from '../../bytes/text.js';
import { concat } from '../../bytes/writer.js';
import type { Primitives } from '../../crypto/primitives.js';
import type { Clock, Random } from '../../io/contracts.js';
import { buildMail } from '../../mail/build.js';
import { coarseDate } from '../../mail/dates.js';
import {
  findAll,
  findBody,
  type HeaderField,
  type HeaderLine,
  isNamed,
  type MailHead,
  prependFields,
  readHead,
  withoutFields,
} from '../../mail/header.js';
import { newMessageId } from '../../mail/tokens.js';
import type { Renamed } from '../../sanitise/fields.js';
import type { SanitisePolicy, Threads } from '../../sanitise/policy.js';
import { normalForm, type SanitiseError } from '../../sanitise/sanitise.js';
import type { SphinxGeometry } from '../../sphinx/geometry.js';
import { fragment, mailLimit, MESSAGE_ID_LENGTH } from '../blocks/block.js';
import type { Destination } from './contracts.js';
import { chooseRecipients, resolveAll } from './addressees.js';
import type {
  Address,
  MailDraft,
  Recipients,
  SanitiseMode,
  SanitiseOptions,
  SendError,
  SendOptions,
  Sent,
} from '../types.js';

export interface SubmitDeps {
  readonly account: Address;
  readonly clock: Clock;
  readonly random: Random;
  readonly geometry: SphinxGeometry;
  readonly recipients: Pick<Recipients, 'get'>;
  /** Most bytes of a mail. */
  readonly limit: number;
  /** How much of a mail leaves in the normal form. */
  readonly sanitise: SanitiseMode;
  /** The rest of what the account wants of its sanitiser. */
  readonly sanitising?: SanitiseOptions;
  readonly threads: Threads;
  /** Whether mail may wait for the key of somebody unknown, or for its confirmation. */
  readonly keyDiscovery: boolean;
  /** Whether the network has, or had, a provider of this name, or nobody can tell. */
  readonly isProvider: (name: string) => boolean;
}

/** What completing a mail takes. */
type CompletionDeps = Pick<
  SubmitDeps,
  'account' | 'clock' | 'random' | 'sanitise' | 'sanitising' | 'threads'
>;

/** A mail as it will be sent, whoever to. */
export interface Prepared {
  readonly recipients: readonly Destination[];
  /** Recipients who cannot have it. */
  readonly bad: readonly Address[];
  /** Mail bytes, block by block. */
  readonly payloads: readonly Uint8Array[];
  readonly reliable: boolean;
  /** The id that its writer gave it, and the one that it leaves under, where they differ. */
  readonly renamed: Renamed | undefined;
}

const FIXED_IDS = 'postern message id';

/**
 * Message ids of a send that its caller has given a name: secret, and the same each time, so that a
 * receiver takes what was sent twice for one mail.
 */
export const idsOfSend =
  ({ hash }: Pick<Primitives, 'hash'>, identitySecret: Uint8Array, name: string) =>
  (recipient: Address): Uint8Array => {
    const what = utf8([FIXED_IDS, name, recipient].join('\0'));
    return hash.sha512_256(concat(identitySecret, what)).slice(0, MESSAGE_ID_LENGTH);
  };

/**
 * What a named send was answered with, whatever has become of its recipients since; where bad ones
 * were sorted out, they cannot be told from the others any more.
 */
export const sentBefore = (
  { recipients }: Pick<SubmitDeps, 'recipients'>,
  to: SendOptions['to'],
  idOf: (recipient: Address) => Uint8Array,
): Result<readonly Sent[], SendError> =>
  resolveAll({ recipients, keyDiscovery: true }, to).map((all) =>
    all.map(({ address }) => ({ recipient: address, messageId: toHex(idOf(address)) })),
  );

/** Header names that only the mix network may use. */
const OWN_PREFIX = 'x-katzenpost-';
const UNRELIABLE = 'X-Katzenpost-Unreliable';

/** For nobody's eyes. */
const NEVER_SENT = ['Bcc', 'Resent-Bcc'];

/**
 * Checks and completes a mail.
 *
 * @errors any {@link SendError} that the mail or its recipients cause
 */
export const prepareMail = (
  deps: SubmitDeps,
  options: Pick<SendOptions, 'to' | 'mail' | 'reliability' | 'badRecipients'>,
): Result<Prepared, SendError> =>
  chooseRecipients(deps, options).andThen(({ recipients, bad }) =>
    mailBytes(deps, options.mail, recipients).andThen((mail) =>
      readMail(mail).andThen((head) =>
        reliabilityOf(head, options.reliability)
          .andThrough(() => checkNames(head))
          .andThen((reliable) =>
            completed(deps, mail).andThen(({ bytes, renamed }) =>
              cut(deps, bytes).map((payloads) => ({
                recipients,
                bad,
                payloads,
                reliable,
                renamed,
              })),
            ),
          ),
      ),
    ),
  );

/**
 * Checks and completes a mail that leaves through a reply block.
 *
 * @errors any {@link SendError} that the mail causes, but for its length
 */
export const prepareReply = (
  deps: CompletionDeps,
  mail: Uint8Array,
): Result<Uint8Array, SendError> =>
  readMail(mail)
    .andThen(checkNames)
    .andThen(() => completed(deps, mail))
    .map(({ bytes }) => bytes);

const mailBytes = (
  { account, clock, random }: SubmitDeps,
  mail: Uint8Array | MailDraft,
  recipients: readonly Destination[],
): Result<Uint8Array, SendError> => {
  if (mail instanceof Uint8Array) return ok(mail);
  const to = recipients.map(({ address }) => address);
  return ok(buildMail(mail, { from: account, to, nowMs: clock.now(), random }));
};

const readMail = (mail: Uint8Array): Result<MailHead, SendError> =>
  readHead(mail).mapErr(({ problem, line }): SendError => ({
    kind: 'bad-mail',
    problem: `${problem}, line ${line}`,
  }));

/** What the caller says goes before what the header says. */
const reliabilityOf = (
  head: MailHead,
  wanted: 'acknowledged' | 'none' | undefined,
): Result<boolean, SendError> => {
  const said = findAll(head, UNRELIABLE).map(({ value }) => value.toLowerCase());
  if (said.some((value) => value !== 'true' && value !== 'false')) {
    return err({ kind: 'forbidden-header', header: UNRELIABLE });
  }
  return ok(wanted === undefined ? !said.includes('true') : wanted === 'acknowledged');
};

const checkNames = (head: MailHead): Result<void, SendError> => {
  const isForbidden = (line: HeaderLine): boolean =>
    line.name.toLowerCase().startsWith(OWN_PREFIX) && !isNamed(line, UNRELIABLE);
  const forbidden = head.lines.find(isForbidden);
  return forbidden === undefined
    ? ok(undefined)
    : err({ kind: 'forbidden-header', header: forbidden.name });
};

interface Completed extends Pick<Prepared, 'renamed'> {
  readonly bytes: Uint8Array;
}

/** Without Bcc, in the account's form, and with the fields that recipients never supply. */
const completed = (deps: CompletionDeps, mail: Uint8Array): Result<Completed, SendError> =>
  withoutFields(mail, (line) => NEVER_SENT.some((name) => isNamed(line, name)))
    .mapErr(({ problem }): SendError => ({ kind: 'bad-mail', problem }))
    .andThen((kept) => inNormalForm(deps, kept))
    .andThen(({ bytes, renamed }) =>
      readMail(bytes).map((head) => ({
        bytes: prependFields(closed(bytes), missing(deps, head)),
        renamed,
      })),
    );

const inNormalForm = (deps: CompletionDeps, mail: Uint8Array): Result<Completed, SendError> => {
  const { sanitise: mode, sanitising = {}, account, threads, random, clock } = deps;
  if (mode === 'off') return ok({ bytes: mail, renamed: undefined });
  const keep = [...(sanitising.keep ?? []), UNRELIABLE] as const;
  const policy: SanitisePolicy = { ...sanitising, mode, addresses: [account], keep };
  return normalForm(mail, policy, { random, threads, nowMs: clock.now() })
    .map(({ mail: bytes, renamed }) => ({ bytes, renamed }))
    .mapErr(sendErrorOf);
};

const sendErrorOf = (error: SanitiseError): SendError =>
  error.kind === 'bad-mail' ? { kind: 'bad-mail', problem: error.problem } : error;

const missing = ({ clock, random }: CompletionDeps, head: MailHead): readonly HeaderField[] => [
  ...(findAll(head, 'Date').length > 0 ? [] : [{ name: 'Date', value: coarseDate(clock.now()) }]),
  ...(findAll(head, 'Message-ID').length > 0
    ? []
    : [{ name: 'Message-ID', value: newMessageId(random) }]),
];

const LF = 0x0a;
const LINE_END = utf8('\r\n');

/** A mail whose header has its end: mailproxy refuses others. */
const closed = (mail: Uint8Array): Uint8Array => {
  if (findBody(mail) !== undefined) return mail;
  return mail.at(-1) === LF ? concat(mail, LINE_END) : concat(mail, LINE_END, LINE_END);
};

const cut = (
  { geometry, random, limit }: SubmitDeps,
  mail: Uint8Array,
): Result<readonly Uint8Array[], SendError> => {
  const most = Math.min(limit, mailLimit(geometry));
  if (mail.length > most) return err({ kind: 'mail-too-large', size: mail.length, limit: most });
  // The id is drawn per recipient when the mail is accepted; the pieces are the same for all.
  return fragment(mail, { messageId: random(0), geometry }).map((blocks) =>
    blocks.map(({ payload }) => payload.slice()),
  );
};
