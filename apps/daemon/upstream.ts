/**
 * `[UpstreamProxy]`: through what all connections leave.
 *
 * Source: mailproxy's configuration; keys, values and rules are theirs.
 * @module
 */
import { statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import * as z from 'zod';
import { utf8 } from '../../src/bytes/text.js';
import { fitsSocket } from '../../src/io/address.js';
import type { MixClientConfig } from '../../src/index.js';
import { isIpPort } from '../config/keys.js';

const TYPES = ['none', 'socks5', 'tor+socks5'] as const;
const NETWORKS = ['tcp', 'unix'] as const;
/** Bytes that the protocol has room for. */
const MAX_CREDENTIAL_LENGTH = 255;

const IF_TYPED = 'required with a type';
const LOG_IN =
  'for `"socks5"` only: both or neither, ' + `at most ${MAX_CREDENTIAL_LENGTH} bytes each`;

const fields = z.strictObject({
  Type: z
    .string()
    .transform((text) => text.toLowerCase())
    .pipe(z.enum(TYPES, { error: `must be one of ${TYPES.join(', ')}` }))
    .default('none')
    .describe(TYPES.map((type) => `\`"${type}"\``).join(', ')),
  Network: z
    .enum(NETWORKS, { error: `must be ${NETWORKS.join(' or ')}` })
    .optional()
    .meta({ usual: IF_TYPED, description: '`"tcp"` or `"unix"`' }),
  Address: z
    .string()
    .default('')
    .meta({ usual: IF_TYPED, description: '`IP:port`, or the path of a socket that is there' }),
  User: z.string().default('').describe(LOG_IN),
  Password: z.string().default('').describe(LOG_IN),
  PreferedTransports: z
    .array(z.string().min(1))
    .min(1, { error: 'must name at least one transport' })
    .optional()
    .meta({
      usual: '`["tcp", "tcp4", "tcp6"]`',
      description:
        'which of the provider’s addresses to use, in order; `["onion"]` for its onion service and ' +
        'no other',
    }),
});

type UpstreamTable = z.output<typeof fields>;
type Key = keyof UpstreamTable;
/** What is wrong with one of the keys. */
type Problem = readonly [key: Key, problem: string];

export const upstreamSchema = fields.superRefine((table, context) => {
  if (table.Type === 'none') return;
  for (const [key, message] of [...placeProblems(table), ...credentialProblems(table)]) {
    context.addIssue({ code: 'custom', path: [key], message });
  }
});

const placeProblems = ({ Network, Address }: UpstreamTable): readonly Problem[] => {
  if (Network === undefined) return [['Network', `must be ${NETWORKS.join(' or ')}`]];
  if (Network === 'tcp') {
    return isIpPort(Address) && !Address.endsWith(':0')
      ? []
      : [['Address', 'must be an IP address and a port, such as 127.0.0.1:9050']];
  }
  if (!isAbsolute(Address) || !fitsSocket(Address)) {
    return [['Address', 'must be the absolute path of a socket, of at most 103 bytes']];
  }
  return isSocket(Address) ? [] : [['Address', 'there is no socket']];
};

const isSocket = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;

const credentialProblems = ({ Type, User, Password }: UpstreamTable): readonly Problem[] => {
  if (User === '' && Password === '') return [];
  if (Type === 'tor+socks5') {
    return [
      [User === '' ? 'Password' : 'User', 'cannot be set for tor+socks5, which makes its own'],
    ];
  }
  if (User === '') return [['User', 'must be set with Password']];
  if (Password === '') return [['Password', 'must be set with User']];
  return (['User', 'Password'] as const).flatMap((key): readonly Problem[] => {
    const isShort = utf8(key === 'User' ? User : Password).length <= MAX_CREDENTIAL_LENGTH;
    return isShort ? [] : [[key, `must have at most ${MAX_CREDENTIAL_LENGTH} bytes`]];
  });
};

/** The client's settings that a checked table stands for. */
export const upstreamOf = (
  table: UpstreamTable | undefined,
): Pick<MixClientConfig, 'upstreamProxy' | 'preferredTransports'> => {
  if (table === undefined) return {};
  const { Type, Network, Address, User, Password, PreferedTransports } = table;
  const transports = PreferedTransports ? { preferredTransports: PreferedTransports } : {};
  if (Type === 'none') return transports;
  const address = Network === 'unix' ? `unix:${Address}` : Address;
  if (Type === 'tor+socks5') return { upstreamProxy: { kind: 'tor', address }, ...transports };
  const credentials = User === '' ? {} : { user: User, password: Password };
  return { upstreamProxy: { kind: 'socks5', address, ...credentials }, ...transports };
};
