import type { RunningBridge } from '../../../src/control/serve.js';
import { memoryLog, manualClock } from '../../../src/io/memory.js';
import { nodeClock } from '../../../src/io/node.js';
import { serveSmtp, type SmtpOptions } from '../../../bridges/smtp/index.js';
import { FakeClient } from '../../../testkit/fake-client.js';
import { talkTo, type Talk } from '../socket.js';

export const ALICE = 'alice@p1.test';
export const BOB = 'bob@p2.test';
export const CAROL = 'carol@p1.test';
export const PASSWORD = 'correct-horse-battery';

export interface Setup {
  readonly client: FakeClient;
  readonly bridge: RunningBridge;
}

const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);

/** A bridge on a loopback port of its own, over a fake client. */
export const startSmtp = async ({
  discovering = new Set(),
  ...options
}: Partial<SmtpOptions> & { discovering?: ReadonlySet<string> } = {}): Promise<Setup> => {
  const client = new FakeClient({
    accounts: [ALICE],
    recipients: { [BOB]: key(1), [CAROL]: key(2) },
    discovering,
  });
  const bridge = await serveSmtp({
    address: '127.0.0.1:0',
    client,
    accounts: new Map([[ALICE, PASSWORD]]),
    clock: nodeClock(),
    log: memoryLog({ clock: manualClock() }),
    ...options,
  });
  return { client, bridge: bridge._unsafeUnwrap() };
};

/** A connection that has heard the greeting and logged in. */
export const loggedIn = async (address: string): Promise<Talk> => {
  const talk = await talkTo(address);
  await talk.expect(/220 .*\r\n/);
  await talk.ask('EHLO test');
  const token = Buffer.from(`\0${ALICE}\0${PASSWORD}`).toString('base64');
  await talk.ask(`AUTH PLAIN ${token}`);
  return talk;
};
