/**
 * The provider's door: where the network's document says it is, and whether it opens to us.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import { toBase64, utf8 } from '../../src/bytes/text.js';
import type { KeyPair } from '../../src/client/keys.js';
import type { AccountPlan } from '../../src/client/account/plan.js';
import { addressesOf, findProvider, isNode } from '../../src/client/link/provider-node.js';
import { accountTag, authorityTag, type Outgoing } from '../../src/client/link/upstream.js';
import type { Primitives } from '../../src/crypto/primitives.js';
import type { Io } from '../../src/io/contracts.js';
import { fetchDocument } from '../../src/pki/directory.js';
import { verifyDocument } from '../../src/pki/document.js';
import { epochAt } from '../../src/pki/epoch.js';
import { viewOf, type NetworkNode, type NetworkView } from '../../src/pki/view.js';
import type { LinkDeps } from '../../src/wire/contracts.js';
import { openLink } from '../../src/wire/link.js';
import { startDeadline } from '../../servers/node/deadline.js';
import type { DoorError } from './errors.js';

export interface DoorDeps {
  readonly io: Io;
  readonly primitives: Primitives;
  readonly account: AccountPlan;
  readonly outgoing: Outgoing;
}

const DIAL_MS = 20_000;
const HANDSHAKE_MS = 30_000;
const NEVER = new AbortController().signal;

const linkDeps = ({ io, primitives, account }: DoorDeps): LinkDeps => ({
  profile: account.network.link,
  geometry: account.network.geometry,
  primitives,
  clock: io.clock,
  random: io.random,
});

/** Our provider as the current document has it. */
export const findDoor = (deps: DoorDeps): ResultAsync<NetworkNode, DoorError> =>
  fetchView(deps).andThen((view) => {
    const { provider: name, pin, transports } = deps.account;
    return findProvider(view, { name, pin, transports }).mapErr((state): DoorError =>
      state.kind === 'pin-mismatch'
        ? { kind: 'provider-key-differs', provider: name }
        : {
            kind: 'provider-not-listed',
            provider: name,
            listed: view.entries.map((node) => node.name),
          },
    );
  });

const fetchView = (deps: DoorDeps): ResultAsync<NetworkView, DoorError> => {
  const { io, primitives, outgoing, account } = deps;
  const { authority, epochTime, geometry } = account.network;
  const directory = {
    authority,
    clock: io.clock,
    link: linkDeps(deps),
    network: outgoing(authorityTag(account.address, authority.publicKey)),
  };
  const where = authority.addresses.join(', ');
  const nowMs = io.clock.now();
  const epoch = epochAt(epochTime, nowMs);
  return fetchDocument(directory, epoch, NEVER)
    .mapErr(({ kind }): DoorError => ({ kind: 'no-directory', authority: where, reason: kind }))
    .andThen((raw) =>
      verifyDocument(primitives, raw, { authorityKey: authority.publicKey, epoch, nowMs }).mapErr(
        ({ kind }): DoorError => ({ kind: 'bad-document', authority: where, reason: kind }),
      ),
    )
    .map((document) => viewOf(document, { geometry, primitives }));
};

/** Whether the provider knows us; it may also be that nobody answers. */
export type Welcome = 'known' | 'unknown' | 'unreachable';

/** Knocks with our link key, at one address after another. */
export const knock = async (deps: DoorDeps, node: NetworkNode, link: KeyPair): Promise<Welcome> => {
  const { transports, provider: name, pin } = deps.account;
  const addresses = addressesOf(node, { transports, name, pin }).unwrapOr([]);
  let welcome: Welcome = 'unreachable';
  for (const address of addresses) {
    welcome = await knockAt(deps, node, { link, address });
    if (welcome !== 'unreachable') return welcome;
  }
  return welcome;
};

const knockAt = async (
  deps: DoorDeps,
  node: NetworkNode,
  { link, address }: { readonly link: KeyPair; readonly address: string },
): Promise<Welcome> => {
  const { io, outgoing, account } = deps;
  const deadline = startDeadline(io.clock, DIAL_MS, NEVER);
  const dialled = await outgoing(accountTag(account.address)).dial(address, deadline.signal);
  deadline.clear();
  if (dialled.isErr()) return 'unreachable';
  const opened = await openLink(linkDeps(deps), dialled.value, {
    identity: { ad: utf8(account.user), secretKey: link.secretKey },
    authenticate: (peer) => isNode(node, peer),
    deadlineMs: HANDSHAKE_MS,
  });
  if (opened.isErr()) return opened.error.kind === 'deadline' ? 'unreachable' : 'unknown';
  opened.value.close();
  return 'known';
};

/** What the provider's operator says on the management socket to let somebody in. */
export const commandsFor = (
  { user }: Pick<AccountPlan, 'user'>,
  { link, identity }: { readonly link: KeyPair; readonly identity: KeyPair },
): readonly string[] => [
  `ADD_USER ${user} ${toBase64(link.publicKey)}`,
  `SET_USER_IDENTITY ${user} ${toBase64(identity.publicKey)}`,
];
