/**
 * The verbs of the reference's mail proxy, over a client.
 * @module
 */
import { parseKeyText, toBase64 } from '../../src/bytes/text.js';
import {
  BAD_ARGUMENTS,
  DONE,
  FAILED,
  type Verb,
  type VerbReply,
  type VerbTable,
} from '../../src/control/dialogue.js';
import type { MixClient, Recipient, RecipientError, Recipients } from '../../src/index.js';

/**
 * Starts a search for a recipient's key at the provider's key server.
 *
 * @returns an id of the search, or `undefined` when there is no such account or address
 */
export type QueryRecipient = (account: string, address: string) => string | undefined;

export interface VerbOptions {
  readonly client: MixClient;
  /** Without it there is no verb `QUERY_RECIPIENT`. */
  readonly queryRecipient?: QueryRecipient | undefined;
}

/** `GET_RECIPIENT` and its kin. */
export const recipientVerbs = ({ client, queryRecipient }: VerbOptions): VerbTable => ({
  GET_RECIPIENT: getRecipient(client.recipients),
  SET_RECIPIENT: setRecipient(client.recipients),
  REMOVE_RECIPIENT: removeRecipient(client.recipients),
  LIST_RECIPIENTS: listRecipients(client.recipients),
  ...(queryRecipient === undefined ? {} : { QUERY_RECIPIENT: queryVerb(queryRecipient) }),
});

const getRecipient = (recipients: Recipients): Verb => ({
  words: [1, 1],
  run: ([address = '']) =>
    recipients.get(address).match(
      ({ key }): VerbReply => ({ kind: 'data', text: toBase64(key) }),
      () => FAILED,
    ),
});

const setRecipient = (recipients: Recipients): Verb => ({
  words: [2, 2],
  run: async ([address = '', text = '']) => {
    const key = parseKeyText(text);
    if (key === undefined) return BAD_ARGUMENTS;
    return recipients.set(address, key).match((): VerbReply => DONE, refusalToSet);
  },
});

/** A bad address is a bad argument here; the reference answers 554, which says less. */
const refusalToSet = (error: RecipientError): VerbReply => {
  switch (error.kind) {
    case 'bad-address':
    case 'bad-key':
      return BAD_ARGUMENTS;
    case 'unknown-recipient':
    case 'recipient-file':
      return FAILED;
  }
};

const removeRecipient = (recipients: Recipients): Verb => ({
  words: [1, 1],
  run: async ([address = '']) =>
    recipients.remove(address).match(
      (): VerbReply => DONE,
      () => FAILED,
    ),
});

const listRecipients = (recipients: Recipients): Verb => ({
  words: [0, 0],
  run: () => ({ kind: 'block', lines: recipients.list().map(lineOf) }),
});

const lineOf = ({ address, key }: Recipient): string => `${address} ${toBase64(key)}`;

const queryVerb = (query: QueryRecipient): Verb => ({
  words: [2, 2],
  run: ([account = '', address = '']) => {
    const id = query(account, address);
    return id === undefined ? FAILED : { kind: 'data', text: id };
  },
});
