import { holdSession } from '../../../bridges/pop3/session.js';
import type { LoginDeps } from '../../../bridges/pop3/login.js';
import { duplexPair, manualClock, type ManualClock } from '../../../src/io/memory.js';
import type { Duplex } from '../../../src/io/contracts.js';
import { FakeClient } from '../../../testkit/fake-client.js';
import { Peer } from '../peer.js';

export const BOB = 'bob@p2.test';
export const PASSWORD = 'battery-staple';

export interface Pop3Setup {
  readonly client: FakeClient;
  readonly clock: ManualClock;
  readonly stop: AbortController;
  /** Opens a session; the other end of its connection. */
  readonly connect: () => Duplex;
  /** A session that has heard the greeting and logged in. */
  readonly loggedIn: () => Promise<Peer>;
  /** Sessions that are not over. */
  readonly open: Set<Promise<void>>;
}

export const pop3Setup = (mails: readonly (string | Uint8Array)[] = []): Pop3Setup => {
  const client = new FakeClient({ accounts: [BOB] });
  for (const mail of mails) client.deliver(BOB, mail);
  const clock = manualClock();
  const deps: LoginDeps = {
    source: { client, reader: 'inbox', locks: new Set() },
    login: { passwords: new Map([[BOB, PASSWORD]]) },
    clock,
  };
  const stop = new AbortController();
  const open = new Set<Promise<void>>();
  const connect = (): Duplex => {
    const [ours, theirs] = duplexPair();
    const session = holdSession({ ...deps, count: () => undefined }, theirs, stop.signal);
    open.add(session);
    void session.finally(() => open.delete(session));
    return ours;
  };
  const loggedIn = async (): Promise<Peer> => {
    const peer = new Peer(connect());
    await peer.line();
    await peer.ask(`USER ${BOB}`);
    await peer.ask(`PASS ${PASSWORD}`);
    return peer;
  };
  return { client, clock, stop, connect, loggedIn, open };
};
