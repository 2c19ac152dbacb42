/**
 * Every error as a sentence for people.
 * @module
 */
import { pemProblem } from '../../src/bytes/pem.js';
import { isObject, type Json } from '../../src/control/json.js';
import { unsanitisableText } from '../../src/sanitise/sentences.js';
import { describeProblem } from '../config/toml.js';
import type { CliError } from './errors.js';
import { DIAL, FILES, FOLDER, HTTP, LISTEN, PRIVATE } from './reasons.js';

type Kind = CliError['kind'];
type ErrorOf<K extends Kind> = {
  [P in K]: { readonly kind: P } & Extract<CliError, { readonly kind: P }>;
}[K];

const AGAIN = 'run the same command again';

const shuttingDown = (): string => 'it is shutting down';

/**
 * One sentence per kind; the compiler misses none. Called by their own types, a union, they would have
 * it cross all errors with each other.
 */
const SENTENCES: Readonly<Record<Kind, (error: never) => string>> = {
  'config-problems': ({ problems }) => problems.map(describeProblem).join('\n'),
  'config-file': ({ path, reason }) => `${path}: the configuration cannot be read: ${reason}`,
  config: ({ key, problem }) => `${key}: ${problem}`,
  usage: ({ option, problem }) => `${option}: ${problem}`,
  'private-file': ({ path, problem }) => `${path}: ${PRIVATE[problem]}`,
  'data-dir': ({ path, problem }) => `${path}: ${problem}`,
  'key-file': ({ path, problem }) => `${path}: ${problem}`,
  files: ({ path, reason }) => `${path}: ${FILES[reason]}`,
  folder: ({ path, reason }) => `${path}: ${FOLDER[reason]}`,
  'mail-folder': ({ key, path, reason }) => `${key}: ${path} cannot be used: ${reason}`,
  'already-running': ({ socket }) => `it is running already: it answers on ${socket}`,
  'exposed-socket': ({ key, address }) =>
    `${key}: the socket that was passed listens on ${address}, not on loopback: mail and passwords pass there in clear`,
  'tls-file': ({ key, path, problem }) =>
    problem === 'no-pair'
      ? `${key}: ${path} is no private key in PEM, or not that of the certificate`
      : `${key}: ${path}: ${FILES[problem]}`,
  listener: ({ key, address, reason }) => `${key}: cannot listen on ${address}: ${LISTEN[reason]}`,
  listen: ({ address, reason }) => `cannot listen on ${address}: ${LISTEN[reason]}`,
  dial: ({ address, reason }) => `cannot connect to ${address}: ${DIAL[reason]}`,
  'store-full': () => 'the disk is full: nothing was stored',
  'store-io': ({ reason }) =>
    reason === 'locked'
      ? 'the store is in use by another process'
      : `the store cannot be used: ${reason}`,
  'store-corrupt': ({ collection }) =>
    collection === ''
      ? 'the store is damaged'
      : `the store is damaged: ${collection} cannot be read`,
  'store-key': () => 'the storage key does not open the store',
  'store-format': ({ format, wanted }) =>
    format < wanted
      ? `the store has format ${format} and this program needs ${wanted}: run postern upgrade`
      : `the store has format ${format}, which is newer than this program's ${wanted}`,
  upgrade: ({ path, error }) => `${path}: ${sentenceOf(error)}`,
  'store-closed': shuttingDown,
  closed: shuttingDown,
  aborted: () => 'interrupted',
  'bad-key-file': ({ path, problem }) =>
    problem.kind === 'key-halves'
      ? `${path}: its two halves do not belong together`
      : `${path}: ${pemProblem(problem)}`,
  'bad-record': ({ collection }) => `the store is damaged: ${collection} cannot be read`,
  'no-such-node': () => 'no node of this ID is known; postern node authority pending shows IDs',
  'configured-node': () => 'this node is listed in the configuration file: take it out there',
  mismatch: ({ name }) => `another node is listed as ${name}: reject that one first`,
  'bad-option': ({ option, rule }) => `${option}: must be ${rule}`,
  'no-address': () => 'Addresses: must list at least one address',
  'no-json-rpc': () => 'somebody else than our daemon answers on the control socket',
  'connection-lost': () => 'the daemon ended before it answered',
  'malformed-reply': () => 'the daemon gave an answer that makes no sense',
  refused: ({ message, data }) => refusalOf(data) ?? `the daemon refused: ${message}`,
  'unknown-account': ({ account }) => `there is no account ${account}`,
  'unknown-recipient': ({ recipient }) => `no key is known for ${recipient}`,
  'unknown-provider': ({ recipient }) => `the network has no provider of ${recipient}`,
  'bad-key': () => 'this is no key: 32 bytes in hex or base64 that protect something',
  'code-differs': ({ recipient }) =>
    `this is not the fingerprint of the key of ${recipient}: nothing has changed`,
  'recipient-file': ({ path, problem }) => `${path}: ${problem}`,
  'key-not-found': ({ address, reason }) => `the key of ${address} was not found: ${reason}`,
  'bad-password': () =>
    'a password has 8 to 128 characters: letters, digits and signs of ASCII, and no spaces',
  'passwords-differ': () => 'these are two passwords: nothing has changed',
  'not-done': ({ account, reason }) => `${account}: ${reason}`,
  'bad-address': ({ address }) => `this is no usable address: ${address}`,
  'leaks-left': ({ count }) => `${count} ${count === 1 ? 'leak' : 'leaks'} could not be removed`,
  unsanitisable: (error) => `the mail ${unsanitisableText(error)}`,
  'bad-mail': ({ problem }) => `the mail is malformed: ${problem}`,
  'forbidden-header': ({ header }) => `the header ${header} is set by receivers only`,
  'paths-locked': () =>
    'no path can be written by hand here, since chosen mixes hide less than drawn ones: only on a test network set PathsByHand = true under [Debug] of the daemon’s file',
  'bad-path': ({ problem }) =>
    `the path cannot be taken: ${problem}; postern ls nodes shows the mixes by layer`,
  'mail-too-large': ({ size, limit }) => `the mail has ${size} bytes; at most ${limit} can be sent`,
  'bad-reply-block': ({ problem }) => `this is no usable reply block: ${problem}`,
  'reply-block-elsewhere': ({ via }) =>
    `the reply block is for accounts at ${via}: ask for another one, made with --via and the provider of this account`,
  'reply-block-expired': () => 'the reply block has expired: ask for another one',
  'reply-block-used': () =>
    'the reply block was used: each is good for one mail; ask for another one',
  'reply-block-spent': () =>
    'the link failed while the mail left; whether it did is unknown, and the reply block is not used again: ask for another one',
  'no-document': () => 'the mix network is not reachable yet',
  'no-such-provider': ({ provider }) => `the network has no provider ${provider}`,
  'no-path': ({ problem }) => `the network has no such path at the moment (${problem}); ${AGAIN}`,
  timeout: () => 'it did not leave in time, and the reply block is not used',
  'user-exists': () => 'the provider has a user of this name',
  'no-such-user': () => 'the provider has no user of this name',
  'no-recipient': () => 'the mail has no recipient: name one, or give it a To header',
  'foreign-sender': () => 'the mail is not from the account that sends it',
  'no-plain-file': () => 'this is no plain file',
  'not-well': ({ failed }) => `${failed} ${failed === 1 ? 'check has' : 'checks have'} failed`,
  'unknown-reader': ({ reader }) => `the account has no reader ${reader}`,
  'no-such-mail': ({ id }) => `the inbox has no mail ${id}`,
  'no-such-message': ({ messageId }) => `nothing with the id ${messageId} is queued`,
  http: ({ url, reason }) => `${url}: ${HTTP[reason]}; ${AGAIN}`,
  'no-http': () => 'there is no HTTP here',
  'registration-refused': ({ url, status }) =>
    `${url}: refused (${status}): the name is taken, or the provider takes nobody new; try another with --user`,
  'no-directory': ({ authority, reason }) =>
    `the authority at ${authority} gives no document (${reason}); ${AGAIN}`,
  'bad-document': ({ authority, reason }) =>
    `the document of the authority at ${authority} cannot be trusted (${reason}): compare its key and this clock`,
  'provider-not-listed': ({ provider, listed }) =>
    `the network has no provider ${provider}; it has ${listed.join(', ')}`,
  'provider-key-differs': ({ provider }) =>
    `the key of ${provider} is not the one that was given: ask its operator`,
  'other-account': ({ path, account }) =>
    `${path} is there already, for ${account}; give another directory with --dir`,
  'virtual-network': ({ directory }) =>
    `the network in ${directory} is on virtual time, which nobody else can join`,
  'no-mailproxy': ({ directory, tried }) =>
    `${directory} holds no configuration (${tried.join(', ')}); name it with --config`,
  'other-config': ({ path }) =>
    `${path} is there already, and is another one; give another directory with --dir`,
  'import-incomplete': ({ problems }) =>
    `${problems} ${problems === 1 ? 'thing' : 'things'} could not be taken over`,
  'not-started': ({ message, log }) => `${message}\nwhat it said: ${log}`,
  'still-running': ({ pid }) => `process ${pid} has not ended; it is ending, or hangs`,
  'no-store': ({ path }) => `${path}: there is no store, and so no key to delete`,
  'bad-version': ({ path, found, wanted }) => {
    if (found === undefined) return `${path}: this is no format of a store: run postern upgrade`;
    return found > wanted
      ? `${path}: the format ${found} is newer than this program's ${wanted}: postern upgrade of a newer program is needed`
      : `${path}: the format is ${found} and this program needs ${wanted}: run postern upgrade`;
  },
  'bad-proxy': ({ variable }) =>
    `${variable} in the environment: must be http://HOST:PORT or socks5://HOST:PORT, with USER:PASSWORD@ where the proxy wants it`,
  'bad-descriptor-file': ({ path, problem }) => `${path}: ${problem}`,
  'no-such-key': ({ epoch }) => `there is no mix key of epoch ${epoch}`,
  'not-crossed': ({ nodes }) => `no loop from here crosses that; it can cross ${nodes.join(', ')}`,
  'no-statistics': () => 'nothing is counted: Statistics.Enable is false',
  'no-loops': () => 'a provider sends no loops: ping from a mix',
  'no-current-document': () => 'there is no document of this epoch that lists this node',
  'not-running': ({ socket }) => `no daemon answers on ${socket}`,
  'which-account': ({ accounts }) =>
    `say which account with --account: ${accounts.length === 0 ? 'there is none' : accounts.join(', ')}`,
  'part-ended': ({ part, log }) => `${part} has ended; its last words may be in ${log}`,
  'not-in-time': ({ what, left }) => [`${what}: not in time`, ...left].join('\n  '),
  'no-test-network': ({ directory }) => `there is no test network in ${directory}`,
  'directory-in-use': ({ directory }) => `${directory} is not empty`,
  'no-such-part': ({ part, parts }) => `there is no part ${part}; there are ${parts.join(', ')}`,
  'only-virtual': ({ command }) =>
    `${command}: needs a network on virtual time, made with testnet up --virtual`,
  'no-such-program': ({ program, known }) =>
    `nothing is known of ${program}; there is something for ${known.join(', ')}`,
  'needs-maildir': ({ program, account }) =>
    `${program} reads a Maildir, and ${account} has none: give the account the key Maildir`,
  'mail-differs': ({ where }) => `the mail in ${where} is not the one that was sent`,
  dialogue: ({ protocol, reply }) => `${protocol}: unexpected answer: ${reply}`,
} satisfies { readonly [K in Kind]: (error: ErrorOf<K>) => string };

/** What to tell; several lines where there are several problems. */
export const sentenceOf = (error: CliError): string => SENTENCES[error.kind](error as never);

const isKind = (kind: string): kind is Kind => Object.hasOwn(SENTENCES, kind);

/** A daemon's refusal is one of our own errors, with its facts; others are told as they are. */
const refusalOf = (data: Json): string | undefined => {
  if (!isObject(data) || typeof data['kind'] !== 'string') return undefined;
  const { kind, ...facts } = data;
  if (isKind(kind) && PLAIN.includes(kind)) return SENTENCES[kind]({ kind, ...facts } as never);
  const text = Object.entries(facts).map(([name, fact]) => `${name} ${JSON.stringify(fact)}`);
  return [`the daemon refused: ${kind}`, ...text].join(', ');
};

/** Errors whose facts are texts and numbers, and come through JSON as they are. */
const PLAIN: readonly Kind[] = [
  'bad-password',
  'files',
  'config-problems',
  'config-file',
  'not-crossed',
  'no-statistics',
  'no-loops',
  'no-current-document',
  'unknown-account',
  'unknown-recipient',
  'unknown-provider',
  'bad-key',
  'code-differs',
  'recipient-file',
  'bad-address',
  'bad-mail',
  'unsanitisable',
  'forbidden-header',
  'mail-too-large',
  'paths-locked',
  'bad-path',
  'bad-reply-block',
  'reply-block-elsewhere',
  'reply-block-expired',
  'reply-block-used',
  'reply-block-spent',
  'no-such-provider',
  'no-path',
  'timeout',
  'store-full',
  'store-io',
  'closed',
  'no-such-node',
  'configured-node',
  'mismatch',
];
