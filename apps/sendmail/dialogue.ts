/**
 * `sendmail -bs`: SMTP on the standard input and output, for programs that would start a server.
 *
 * It is the SMTP bridge itself, on a socket in a private directory, over whatever takes mail at the
 * moment. Whoever started this program is the accounts' owner, so nobody has to log in.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { err, errAsync, fromSafePromise, ok, type Result, type ResultAsync } from 'neverthrow';
import { serveSmtp, type SmtpClient } from '../../bridges/smtp/index.js';
import { callDaemon } from '../../src/control/call.js';
import { isObject, type Json } from '../../src/control/json.js';
import type { Address, SendError, SendOptions, Sent } from '../../src/index.js';
import { nodeIo } from '../../src/io/node.js';
import { normaliseAddress } from '../../src/mail/address.js';
import type { DaemonConfig } from '../daemon/config.js';
import type { LetterDeps } from './mail.js';
import type { SendmailError } from './errors.js';
import { submitLetter, type SubmitError } from './submitter.js';

/** How long answers may take when the other side has said all that it will. */
const LAST_ANSWERS_MS = 60_000;

/** Speaks until the other side has said QUIT or is gone. */
export const speakOnStandardInput = (
  config: DaemonConfig,
  deps: LetterDeps,
): ResultAsync<void, SendmailError> =>
  fromSafePromise(standIn(config, deps)).andThen((client) =>
    fromSafePromise(mkdtemp(join(tmpdir(), 'postern-'))).andThen((directory) =>
      fromSafePromise(
        serve(client, deps, `unix:${directory}/s`).finally(() =>
          rm(directory, { recursive: true, force: true }),
        ),
      ).andThen((served) => served),
    ),
  );

const serve = async (
  client: SmtpClient,
  { accounts, foreignFrom }: LetterDeps,
  address: string,
): Promise<Result<void, SendmailError>> => {
  // The passwords are not asked for.
  const passwords = new Map(accounts.map((account) => [account, '']));
  const options = { ...nodeIo(), address, client, accounts: passwords, foreignFrom };
  const bridge = await serveSmtp(options);
  if (bridge.isErr()) return err(bridge.error);
  await joinTo(address.slice('unix:'.length));
  await bridge.value.close();
  return ok(undefined);
};

/** Programs that write without waiting are no early talkers here: they are heard from the greeting on. */
const joinTo = async (path: string): Promise<void> => {
  const socket = connect(path);
  socket.on('error', () => undefined);
  socket.pipe(process.stdout, { end: false });
  socket.once('data', () => process.stdin.pipe(socket, { end: false }));
  // What was said is still answered; a program that left within its mail says nothing more.
  process.stdin.once('end', () => {
    socket.write('QUIT\r\n');
    socket.setTimeout(LAST_ANSWERS_MS, () => socket.destroy());
  });
  await once(socket, 'close');
  process.stdin.unpipe(socket);
  process.stdin.destroy();
};

/** Who takes the mail, as the bridge sees it. */
const standIn = async (config: DaemonConfig, deps: LetterDeps): Promise<SmtpClient> => {
  const [known, connected] = await Promise.all([
    knownRecipients(config),
    listed(config, 'accounts.status', connectedIn),
  ]);
  return {
    send: (options) => send(config, options),
    recipients: {
      get: (address) => admitted(known, address).map((found) => ({ address: found })),
      admit: ({ account, address }) =>
        admitted(mayBeUnknown(config, deps, account) ? undefined : known, address),
    },
    accounts: {
      status: () =>
        (connected ?? []).map((account) => ({ account, connection: { kind: 'connected' } })),
    },
  };
};

/** Whom the daemon knows; `undefined` without one: then a report tells later who is unknown. */
const knownRecipients = async (config: DaemonConfig): Promise<ReadonlySet<Address> | undefined> => {
  const addresses = await listed(config, 'recipients.list', addressIn);
  return addresses && new Set(addresses);
};

/** What a daemon lists; `undefined` where none answers. */
const listed = (
  { socket }: DaemonConfig,
  method: string,
  read: (item: Json) => readonly Address[],
): PromiseLike<readonly Address[] | undefined> =>
  callDaemon({ network: nodeIo().network, path: socket }, method).match(
    (all) => (Array.isArray(all) ? all.flatMap(read) : []),
    () => undefined,
  );

const connectedIn = (account: Json): readonly Address[] =>
  isObject(account) &&
  account['connection'] === 'connected' &&
  typeof account['account'] === 'string'
    ? [account['account']]
    : [];

const addressIn = (recipient: Json): readonly Address[] => {
  const address = isObject(recipient) ? recipient['address'] : undefined;
  return typeof address === 'string' ? [address] : [];
};

/** Whether an account asks for the keys of unknown people. */
const mayBeUnknown = (
  { client }: DaemonConfig,
  { accounts }: LetterDeps,
  account: string,
): boolean => client.accounts[accounts.indexOf(account)]?.keyDiscovery === true;

type Admitted = Result<
  Address,
  | { readonly kind: 'bad-address'; readonly address: string }
  | { readonly kind: 'unknown-recipient'; readonly recipient: Address }
>;

const admitted = (known: ReadonlySet<Address> | undefined, text: string): Admitted =>
  normaliseAddress(text).match(
    ({ address }): Admitted =>
      known === undefined || known.has(address)
        ? ok(address)
        : err({ kind: 'unknown-recipient', recipient: address }),
    (): Admitted => err({ kind: 'bad-address', address: text }),
  );

const send = (
  config: DaemonConfig,
  { account, to, mail }: SendOptions,
): ResultAsync<readonly Sent[], SendError> =>
  mail instanceof Uint8Array
    ? submitLetter(config, { account, to: [to].flat(), mail })
        .map((): readonly Sent[] => [])
        .mapErr(asSendError)
    : errAsync({ kind: 'bad-mail', problem: 'a draft' });

/** What the bridge can put into words; of all else only that nothing was stored. */
const asSendError = (error: SubmitError): SendError => {
  const data = error.kind === 'refused' && isObject(error.data) ? error.data : error;
  const facts: Readonly<Record<string, unknown>> = { ...data };
  const text = (name: string): string => {
    const fact = facts[name];
    return typeof fact === 'string' ? fact : '';
  };
  switch (facts['kind']) {
    case 'unknown-recipient':
    case 'unknown-provider':
      return { kind: facts['kind'], recipient: text('recipient') };
    case 'bad-mail':
      return { kind: 'bad-mail', problem: text('problem') };
    case 'forbidden-header':
      return { kind: 'forbidden-header', header: text('header') };
    case 'bad-address':
      return { kind: 'bad-address', address: text('address') };
    case 'mail-too-large':
      return { kind: 'mail-too-large', size: Number(facts['size']), limit: Number(facts['limit']) };
    default:
      return { kind: 'store-io', reason: 'unavailable' };
  }
};
