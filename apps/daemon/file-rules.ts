/**
 * The rules of a daemon's file that take more than one key.
 * @module
 */
import { resolve } from 'node:path';
import { equal } from '../../src/bytes/compare.js';
import { toHex } from '../../src/bytes/text.js';
import { fitsSocket, parseAddress } from '../../src/io/address.js';
import { ipBytes } from '../../src/io/ip.js';
import { normaliseAddress } from '../../src/mail/address.js';
import { isLoopback, isOffNetwork, LOOPBACK, SOCKET } from '../config/keys.js';
import { accountProblems, type FileProblem } from './account-rules.js';
import { folderProblems } from './folder-rules.js';
import type { DaemonFile } from './schema.js';

/**
 * Everything that is wrong, table by table.
 *
 * @param socket - path of the control socket
 */
export const fileProblems = (file: DaemonFile, socket: string): readonly FileProblem[] => [
  ...socketProblems(file, socket),
  ...listenerProblems(file, socket),
  ...exitProblems(file),
  ...remoteProblems(file),
  ...accountProblems(file),
  ...folderProblems(file),
  ...recipientProblems(file),
];

/** Where it is given it was checked; else it is as long as the data directory makes it. */
const socketProblems = ({ Management }: DaemonFile, socket: string): readonly FileProblem[] =>
  Management?.Path !== undefined || fitsSocket(socket)
    ? []
    : [{ path: ['Proxy', 'DataDir'], problem: `Management.Path, here ${socket}, ${SOCKET}` }];

const LISTENERS = ['SMTPAddress', 'POP3Address', 'LMTPAddress'] as const;

/** Each listens at a place of its own. */
const listenerProblems = ({ Proxy: proxy }: DaemonFile, socket: string): readonly FileProblem[] => {
  if (proxy.NoLaunchListeners) return [];
  const taken = new Map([[placeOf(`unix:${socket}`), 'the control socket']]);
  return LISTENERS.flatMap((key) => {
    const place = placeOf(proxy[key]);
    if (place === undefined) return [];
    const holder = taken.get(place);
    if (holder === undefined) taken.set(place, `${key} too`);
    return holder === undefined ? [] : [{ path: ['Proxy', key], problem: `is ${holder}` }];
  });
};

/** What an exit hands to our own listeners would leave again. */
const exitProblems = ({ Proxy: proxy, Account }: DaemonFile): readonly FileProblem[] => {
  if (proxy.NoLaunchListeners) return [];
  const ours = new Map(
    (['SMTPAddress', 'LMTPAddress'] as const).map((key) => [placeOf(proxy[key]), key]),
  );
  return Account.flatMap(({ Exit }, index) =>
    Exit.flatMap((exit, at) =>
      (['SMTP', 'LMTP'] as const).flatMap((way) => {
        const place = placeOf(exit[way]?.Address ?? '');
        const listener = place === undefined ? undefined : ours.get(place);
        const problem = `is Proxy.${listener}: received mail would be sent`;
        const path = ['Account', index, 'Exit', at, way, 'Address'];
        return listener === undefined ? [] : [{ path, problem }];
      }),
    ),
  );
};

/** Others than this machine are let in through TLS and with a password, or not at all. */
const remoteProblems = ({ Proxy: proxy }: DaemonFile): readonly FileProblem[] => {
  const exposed = (['SMTPAddress', 'POP3Address'] as const).filter(
    (key) => !isOffNetwork(proxy[key]) && !isLoopback(proxy[key]),
  );
  if (!proxy.AllowRemote) {
    return exposed.map((key) => ({ path: ['Proxy', key], problem: `${LOOPBACK}; ${REMOTE}` }));
  }
  const missing = (['TLSCertFile', 'TLSKeyFile'] as const).filter(
    (key) => proxy[key] === undefined,
  );
  return [
    ...missing.map((key) => ({ path: ['Proxy', 'AllowRemote'], problem: `needs ${key}` })),
    ...(proxy.AllowAnyPassword
      ? [{ path: ['Proxy', 'AllowAnyPassword'], problem: 'cannot be had with AllowRemote' }]
      : []),
  ];
};

const REMOTE = 'any other needs AllowRemote = true, TLSCertFile and TLSKeyFile';

/** One text for each place that can be listened at once; none for port 0, which is always free. */
const placeOf = (text: string): string | undefined => {
  const address = parseAddress(text);
  if (address?.kind === 'unix') return resolve(address.path);
  const ip = address && ipBytes(address.host);
  return ip === undefined || address?.port === 0 ? undefined : `${toHex(ip)}:${address?.port}`;
};

/** An address that is written twice, where both are the same to the client, has one key. */
const recipientProblems = ({ Recipients, Debug }: DaemonFile): readonly FileProblem[] => {
  const rules = { caseSensitive: Debug.CaseSensitiveUserIdentifiers };
  const seen = new Map<string, readonly [name: string, key: Uint8Array]>();
  return Object.entries(Recipients).flatMap(([name, key]) => {
    const address = normaliseAddress(name, rules)
      .map((normal) => normal.address)
      .unwrapOr(name);
    const [first, known] = seen.get(address) ?? [name, key];
    seen.set(address, [first, known]);
    const problem = `is ${first}, with another key`;
    return equal(known, key) ? [] : [{ path: ['Recipients', name], problem }];
  });
};
