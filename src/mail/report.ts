/**
 * Delivery reports: what happened to a mail, as a mail to the user himself (RFC 3464).
 *
 * Subjects, status codes and attachments are those of mailproxy, whose users may filter by them;
 * MIME-Version, which it forgets, is there.
 * @module
 */
import { isAscii, toBase64, utf8 } from '../bytes/text.js';
import { concat, concatAll } from '../bytes/writer.js';
import type { Random } from '../io/contracts.js';
import { withEnvelope } from './build.js';
import { encodeFields, splitMail } from './header.js';
import { encodePart, filePart, multipart, type Part, textPart } from './mime.js';

export type Report =
  /** A queued mail has not been acknowledged in time. */
  | { readonly kind: 'bounce'; readonly recipient: string; readonly mail: Uint8Array }
  /** A mail was accepted for some of its recipients only. */
  | {
      readonly kind: 'enqueue-failure';
      readonly failed: readonly string[];
      readonly accepted: readonly string[];
      readonly mail: Uint8Array;
    }
  /** A block came that nobody sealed to us. */
  | { readonly kind: 'decryption-failure'; readonly ciphertext: Uint8Array }
  /** What came is no mail. */
  | { readonly kind: 'malformed-mail'; readonly senderKey?: Uint8Array; readonly mail: Uint8Array }
  /** A mail names its sender where only we may. */
  | { readonly kind: 'spoofed-sender'; readonly senderKey?: Uint8Array; readonly mail: Uint8Array }
  /** Blocks of a mail are missing: `undefined` stands for each, and all behind the last given. */
  | {
      readonly kind: 'receive-timeout';
      readonly senderKey: Uint8Array;
      readonly blocks: readonly (Uint8Array | undefined)[];
      readonly total: number;
    }
  /** Nobody could tell the recipient's key. */
  | {
      readonly kind: 'no-key';
      readonly recipient: string;
      readonly cause: 'no-such-user' | 'no-key-server' | 'malformed-answer' | 'no-answer';
      readonly mail: Uint8Array;
    }
  /** A key was found by asking a provider, or another one than before. */
  | {
      readonly kind: 'key-discovered' | 'key-changed';
      readonly recipient: string;
      /** The key that was seen. */
      readonly key: Uint8Array;
      /** Its fingerprint. */
      readonly code: string;
    };

export interface ReportContext {
  /** The user's own address. */
  readonly account: string;
  /** Ms since the Unix epoch. */
  readonly nowMs: number;
  readonly random: Random;
}

interface StatusGroup {
  readonly recipient: string;
  readonly action: 'failed' | 'delayed' | 'delivered';
  readonly status: string;
}

/** The parts of a report that differ from kind to kind. */
interface Content {
  readonly subject: string;
  readonly text: readonly string[];
  readonly groups: readonly StatusGroup[];
  readonly evidence: Part | undefined;
}

const HOST = 'katzenpost.localhost';
const POSTMASTER = `Postmaster <postmaster@${HOST}>`;

/** RFC 5322 bytes of a report, with a null return path so that nothing reports about it. */
export const buildReport = (report: Report, context: ReportContext): Uint8Array => {
  const { subject, text, groups, evidence } = contentOf(report, context.account);
  const parts = [
    textPart('text/plain', text.join('\n')),
    ...(groups.length === 0 ? [] : [statusPart(groups)]),
    ...(evidence === undefined ? [] : [evidence]),
  ];
  const shape =
    groups.length === 0
      ? { subtype: 'mixed' }
      : { subtype: 'report', parameters: '; report-type=delivery-status' };
  const envelope = { ...context, from: POSTMASTER, to: [context.account], subject };
  const mail = encodePart(withEnvelope(multipart(context.random, shape, parts), envelope));
  return concat(
    encodeFields([
      { name: 'Return-Path', value: '<>' },
      { name: 'Auto-Submitted', value: 'auto-replied' },
    ]),
    mail,
  );
};

const contentOf = (report: Report, account: string): Content => {
  switch (report.kind) {
    case 'bounce':
      return bounce(report.recipient, report.mail);
    case 'enqueue-failure':
      return enqueueFailure(report.failed, report.accepted, report.mail);
    case 'no-key':
      return noKey(report.recipient, report.cause, report.mail);
    case 'key-discovered':
    case 'key-changed':
      return aboutKey(report);
    case 'decryption-failure':
    case 'malformed-mail':
    case 'spoofed-sender':
    case 'receive-timeout':
      return received(report, account);
  }
};

const bounce = (recipient: string, mail: Uint8Array): Content => ({
  subject: 'Delivery failure, timeout',
  text: [
    'Your mail was not acknowledged in time by the provider of',
    `    ${recipient}`,
    'It will not be sent again. The mail is attached.',
  ],
  groups: [{ recipient, action: 'failed', status: '5.4.7 (Delivery time expired)' }],
  evidence: original('message/rfc822', mail),
});

const enqueueFailure = (
  failed: readonly string[],
  accepted: readonly string[],
  mail: Uint8Array,
): Content => ({
  subject: 'Delivery failure',
  text: ['Your mail could not be sent to', ...failed.map((recipient) => `    ${recipient}`)],
  groups: [
    ...failed.map((recipient) => group(recipient, 'failed', '5.0.0 (Other undefined status)')),
    ...accepted.map((recipient) => group(recipient, 'delayed', '4.0.0 (Other undefined status)')),
  ],
  evidence: original('text/rfc822-headers', splitMail(mail).head),
});

const noKey = (recipient: string, cause: keyof typeof NO_KEY, mail: Uint8Array): Content => ({
  subject: 'Delivery failure',
  text: [
    'Your mail could not be sent to',
    `    ${recipient}`,
    `since the key of this address was not found: ${NO_KEY[cause]}`,
    'The mail is attached.',
  ],
  groups: [group(recipient, 'failed', '5.0.0 (Other undefined status)')],
  evidence: original('message/rfc822', mail),
});

const NO_KEY = {
  'no-such-user': 'its provider knows no such user, or has no key of theirs.',
  'no-key-server': 'its provider offers no look-up of keys.',
  'malformed-answer': 'its provider gave an answer that makes no sense.',
  'no-answer': 'nobody answered in time.',
} as const;

type KeyReport = Extract<Report, { readonly kind: 'key-discovered' | 'key-changed' }>;

const aboutKey = ({ kind, recipient, key, code }: KeyReport): Content => {
  const { subject, before, after } = KEYS[kind];
  return {
    subject,
    text: [`${before} ${recipient} is`, `    ${toBase64(key)}`, `    ${code}`, ...after],
    groups: [],
    evidence: undefined,
  };
};

const KEYS = {
  'key-discovered': {
    subject: 'Key Discovery',
    before: 'The provider says that the key of',
    after: [
      'Nobody else vouches for it. It is used from now on. To be sure, compare its words with them.',
    ],
  },
  'key-changed': {
    subject: 'Key Change',
    before: 'The provider says another key than before. Now, it says, the key of',
    after: [
      'Either they have a new one, or somebody is about to read your mail to them. It is held, and',
      'nothing is encrypted to this key, until you decide: let them read out the twelve words of',
      'their key and verify the recipient with them, or set the key, or remove the recipient.',
    ],
  },
} as const;

type ReceivedReport = Exclude<
  Report,
  KeyReport | { readonly kind: 'bounce' | 'enqueue-failure' | 'no-key' }
>;

/** Reports about something that came in; their recipient is the user himself. */
const received = (report: ReceivedReport, account: string): Content => {
  const { subject, status, problem, file } = RECEIVED[report.kind];
  const from = report.kind === 'decryption-failure' ? undefined : report.senderKey;
  return {
    subject,
    text: [problem, ...(from ? ['The sender has the key', `    ${toBase64(from)}`] : [])],
    groups: [group(account, 'delivered', status)],
    evidence: filePart({ name: file, type: 'application/octet-stream', content: bytesOf(report) }),
  };
};

const RECEIVED = {
  'decryption-failure': {
    subject: 'Message decryption failure',
    status: '5.7.5 (Cryptographic failure)',
    problem: 'A block was received that could not be decrypted. It is attached.',
    file: 'ciphertext.bin',
  },
  'malformed-mail': {
    subject: 'Malformed message, Not IMF',
    status: '5.6.1 (Media not supported)',
    problem: 'A message was received that is not a mail. It is attached.',
    file: 'message_malformed.bin',
  },
  'spoofed-sender': {
    subject: 'Malformed message, spoofed sender',
    status: '5.7.7 (Message integrity failure)',
    problem: 'A mail was received that claims a sender itself. It is attached.',
    file: 'message_spoofed.bin',
  },
  'receive-timeout': {
    subject: 'Receive failure, timeout',
    status: '5.4.7 (Delivery time expired)',
    problem: 'Parts of a mail were not received in time. What there is of it is attached.',
    file: 'message_partial.bin',
  },
} as const;

const bytesOf = (report: ReceivedReport): Uint8Array => {
  switch (report.kind) {
    case 'decryption-failure':
      return report.ciphertext;
    case 'receive-timeout':
      return joinPartial(report.blocks, report.total);
    case 'malformed-mail':
    case 'spoofed-sender':
      return report.mail;
  }
};

/** What there is of a mail, with a line in place of each missing block. */
const joinPartial = (blocks: readonly (Uint8Array | undefined)[], total: number): Uint8Array => {
  const missing = (which: string): Uint8Array => utf8(`\r\n[MISSING BLOCK ${which}/${total}]\r\n`);
  const held = blocks.map((block, at) => block ?? missing(String(at + 1)));
  const rest = blocks.length < total ? [missing(`${blocks.length + 1}-${total}`)] : [];
  return concatAll([...held, ...rest]);
};

const group = (recipient: string, action: StatusGroup['action'], status: string): StatusGroup => ({
  recipient,
  action,
  status,
});

const statusPart = (groups: readonly StatusGroup[]): Part => ({
  fields: [{ name: 'Content-Type', value: 'message/delivery-status' }],
  body: concat(
    encodeFields([{ name: 'Reporting-MTA', value: `dns; ${HOST}` }]),
    ...groups.flatMap((entry) => [utf8('\r\n'), encodeGroup(entry)]),
  ),
});

const encodeGroup = ({ recipient, action, status }: StatusGroup): Uint8Array =>
  encodeFields([
    { name: 'Final-Recipient', value: recipientField(recipient) },
    { name: 'Action', value: action },
    { name: 'Status', value: status },
  ]);

/** An address as a typed field; beyond ASCII in the form of RFC 6533 §3. */
const recipientField = (address: string): string => {
  const ascii = address.replace(
    /[^\x20-\x7e]/gu,
    (char) => `\\x{${(char.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`,
  );
  return `${ascii === address ? 'rfc822' : 'utf-8'}; ${ascii}`;
};

const original = (type: string, mail: Uint8Array): Part => ({
  fields: [
    { name: 'Content-Type', value: type },
    {
      name: 'Content-Transfer-Encoding',
      value: isAscii(mail) ? '7bit' : '8bit',
    },
  ],
  body: mail,
});
