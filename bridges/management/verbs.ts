/**
 * The verbs of the reference's mail proxy, over a client.
 * @module
 */
import { parseKeyText, toBase64, toHex } from '../../src/bytes/text.js';
import {
  BAD_ARGUMENTS,
  DONE,
  FAILED,
  type Verb,
  type VerbReply,
  type VerbTable,
} from '../../src/control/dialogue.js';
import type { Log, Random } from '../../src/io/contracts.js';
import { normaliseAddress } from '../../src/mail/address.js';
import type { MixClient, Recipient, RecipientError, Recipients } from '../../src/index.js';

const MODULE = 'management';

export interface VerbDeps {
  readonly client: MixClient;
  readonly random: Random;
  readonly log: Log;
}

/** Bytes of the id that a search is answered with. */
const SEARCH_ID_LENGTH = 16;

/** `GET_RECIPIENT` and its kin. */
export const recipientVerbs = (deps: VerbDeps): VerbTable => ({
  GET_RECIPIENT: getRecipient(deps.client.recipients),
  SET_RECIPIENT: setRecipient(deps.client.recipients),
  REMOVE_RECIPIENT: removeRecipient(deps.client.recipients),
  LIST_RECIPIENTS: listRecipients(deps.client.recipients),
  QUERY_RECIPIENT: queryRecipient(deps),
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

/**
 * Asks the provider for a key. As in the reference the reply is an id only: what is found is in the
 * log, and JSON-RPC has a method that waits for it.
 */
const queryRecipient = ({ client, random, log }: VerbDeps): Verb => ({
  words: [2, 2],
  run: ([sender = '', address = '']) => {
    const account = normaliseAddress(sender)
      .map((found) => found.address)
      .unwrapOr('');
    if (!client.accounts.list().includes(account)) return FAILED;
    if (normaliseAddress(address).isErr()) return BAD_ARGUMENTS;
    void client.lookup(account, address).match(
      () => log.write('notice', MODULE, 'a key was found', { of: { identifier: address } }),
      (error) => log.write('notice', MODULE, 'a key was not found', { reason: error.kind }),
    );
    return { kind: 'data', text: toHex(random(SEARCH_ID_LENGTH)) };
  },
});
