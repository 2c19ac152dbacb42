/**
 * What `postern export` and `postern import` share: the account, its inbox, and where mails lie.
 * @module
 */
import { relative, resolve } from 'node:path';
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import { addressOf, type DaemonConfig } from '../../daemon/config.js';
import { inboxOfClient, inboxOfDaemon, type AccountInbox } from '../../transfer/inbox.js';
import { callDaemon } from '../../../src/control/call.js';
import { withEither } from '../daemon-or-offline.js';
import type { CliError } from '../errors.js';
import { chooseAccount } from './account.js';

/** A place as the command line names it: one of the two. */
export interface PlaceFlags {
  readonly maildir?: string;
  readonly mbox?: string;
}

export type Place = { readonly kind: 'maildir' | 'mbox'; readonly path: string };

/** The place that was named. @errors `usage` — none, or both */
export const placeOf = (
  { maildir, mbox }: PlaceFlags,
  workingDirectory: string,
): Result<Place, CliError> => {
  const named: readonly Place[] = [
    ...(maildir === undefined ? [] : [{ kind: 'maildir', path: maildir } as const]),
    ...(mbox === undefined ? [] : [{ kind: 'mbox', path: mbox } as const]),
  ];
  const [place] = named;
  if (place === undefined || named.length > 1) {
    return err({ kind: 'usage', option: '--maildir, --mbox', problem: 'give one of the two' });
  }
  return ok({ ...place, path: resolve(workingDirectory, place.path) });
};

/** What is written into a folder that sends would be sent. */
export const refuseOutgoing = (
  { folders }: DaemonConfig,
  { kind, path }: Place,
): Result<void, CliError> => {
  const isWithin = (outer: string): boolean => !relative(outer, path).startsWith('..');
  const outgoing = folders.flatMap(({ dropFolder, dropMbox }) => [dropFolder, dropMbox]);
  return outgoing.some((each) => each !== undefined && isWithin(each))
    ? err({ kind: 'usage', option: `--${kind}`, problem: 'what is written there would be sent' })
    : ok(undefined);
};

/** Works with the inbox of the account that is meant. */
export const withInbox = <T>(
  config: DaemonConfig,
  named: string | undefined,
  use: (inbox: AccountInbox, account: string) => ResultAsync<T, CliError>,
): ResultAsync<T, CliError> =>
  chooseAccount(config, named).asyncAndThen((account) =>
    withEither(config, {
      // Whether somebody answers is found out before anything is done.
      daemon: (network) => {
        const daemon = { network, path: config.socket };
        return callDaemon(daemon, 'accounts.list', {})
          .mapErr((error): CliError => error)
          .andThen(() => use(inboxOfDaemon(daemon, account), account));
      },
      offline: (client) => use(inboxOfClient(client, account), account),
    }),
  );

/** Who reads an account's mail. */
export const readersOf = ({ client }: DaemonConfig, account: string): readonly string[] =>
  client.accounts.find(
    (each) =>
      `${each.user}@${each.provider}` === account ||
      addressOf(client, each)
        .map((address) => address === account)
        .unwrapOr(false),
  )?.readers ?? ['inbox'];
