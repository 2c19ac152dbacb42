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
import type { Log } from '../../src/io/contracts.js';
import type { MixClient, Recipient, RecipientError, Recipients } from '../../src/index.js';

const MODULE = 'management';

export interface VerbDeps {
  readonly client: MixClient;
  readonly log: Log;
}

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
const refusalToSet = ({ kind }: RecipientError): VerbReply =>
  kind === 'bad-address' || kind === 'bad-key' ? BAD_ARGUMENTS : FAILED;

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

/** Begins a look-up. Its end is the event `key-answer`, which JSON-RPC shows. */
const queryRecipient = ({ client, log }: VerbDeps): Verb => ({
  words: [2, 2],
  run: ([account = '', address = '']) =>
    client.recipients.query({ account, address }).match(
      (tag): VerbReply => {
        log.write('info', MODULE, 'a key is looked up', { tag });
        return { kind: 'data', text: tag };
      },
      ({ kind }) => (kind === 'bad-address' ? BAD_ARGUMENTS : FAILED),
    ),
});
