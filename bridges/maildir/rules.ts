/**
 * Which folder a received mail goes into.
 *
 * Rules ask who has sealed a mail, which nobody can forge, and never what its header says.
 * @module
 */
import type { MixClient, ReceivedMail } from '../../src/index.js';

/** What a mail must be; all conditions of a rule must hold. */
export type Condition =
  /** Sealed by the key of an address; `@provider` means everybody there. */
  | { readonly kind: 'sender'; readonly sender: string }
  /** Sealed by a key whose address is known, or by none such. */
  | { readonly kind: 'known'; readonly is: boolean }
  /** Sealed by a key whose fingerprint was compared, or by none such. */
  | { readonly kind: 'verified'; readonly is: boolean }
  /** A report made here, or a mail from somebody. */
  | { readonly kind: 'report'; readonly is: boolean };

export interface Rule {
  readonly conditions: readonly Condition[];
  /** Its name; parents and children are parted by dots. */
  readonly folder: string;
}

type Mail = Pick<ReceivedMail, 'sender' | 'senderKey'>;

/** The folder of the first rule that holds; `undefined`: the Maildir itself. */
export const folderFor = (
  rules: readonly Rule[],
  recipients: Pick<MixClient['recipients'], 'get'>,
  mail: Mail,
): string | undefined =>
  rules.find(({ conditions }) => conditions.every((each) => holds(each, recipients, mail)))?.folder;

const holds = (
  condition: Condition,
  recipients: Pick<MixClient['recipients'], 'get'>,
  { sender, senderKey }: Mail,
): boolean => {
  switch (condition.kind) {
    case 'sender':
      return condition.sender.startsWith('@')
        ? sender?.endsWith(condition.sender) === true
        : sender === condition.sender;
    case 'known':
      return condition.is === (sender !== undefined);
    case 'verified':
      return condition.is === isVerified(recipients, sender);
    case 'report':
      return condition.is === (senderKey === undefined);
  }
};

const isVerified = (
  recipients: Pick<MixClient['recipients'], 'get'>,
  sender: string | undefined,
): boolean =>
  sender !== undefined &&
  recipients
    .get(sender)
    .map(({ trust }) => trust.kind === 'verified')
    .unwrapOr(false);

/** Where a folder lies within a Maildir++. */
export const folderName = (folder: string): string => `.${folder}`;
