import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  clientMethods,
  serveManagement,
  type ManagementOptions,
} from '../../../bridges/management/index.js';
import { toBase64, toHex } from '../../../src/bytes/text.js';
import { callDaemon, followDaemon } from '../../../src/control/call.js';
import type { RunningBridge } from '../../../src/control/serve.js';
import { fingerprintOf } from '../../../src/index.js';
import { manualClock, memoryLog, seededRandom } from '../../../src/io/memory.js';
import { nodeClock, nodeNetwork } from '../../../src/io/node.js';
import { FakeClient } from '../../../testkit/fake-client.js';
import { eventually } from '../eventually.js';
import { program, python } from '../programs.js';

const ALICE = 'alice@p1.test';
const BOB = 'bob@p2.test';
const KEY = new Uint8Array(32).map((_, i) => i);

/** The helper with which scripts ask one command. */
const ASK = `
import socket,sys
s=socket.socket(socket.AF_UNIX); s.settimeout(5); s.connect(sys.argv[1]); f=s.makefile('rwb')
f.readline(); f.write((sys.argv[2]+'\\r\\nQUIT\\r\\n').encode()); f.flush()
print(f.read().decode().replace('\\r','').rstrip('\\n').rsplit('\\n',1)[0])
`;

let folder: string;
let path: string;
let shutdowns = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'management-'));
  path = join(folder, 'socket');
});
afterAll(() => rm(folder, { recursive: true }));

const network = nodeNetwork();
const start = async (
  client: FakeClient,
  more: Partial<ManagementOptions> = {},
): Promise<RunningBridge> => {
  const served = await serveManagement({
    network,
    address: `unix:${path}`,
    client,
    clock: nodeClock(),
    random: seededRandom('management'),
    log: memoryLog({ clock: manualClock() }),
    methods: clientMethods(client),
    enableDocumentVerbs: true,
    shutdown: () => {
      shutdowns++;
    },
    ...more,
  });
  return served._unsafeUnwrap();
};
const makeClient = (): FakeClient =>
  new FakeClient({ accounts: [ALICE], recipients: { [BOB]: KEY, 'ada@p2.test': KEY } });

describe('the management socket', () => {
  it.runIf(program('python3'))('serves the verbs of the documents', async () => {
    const client = makeClient();
    const bridge = await start(client);
    const ask = async (command: string): Promise<string> =>
      (await python(ASK, path, command)).stdout.trimEnd();
    const other = new Uint8Array(32).fill(7);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await ask('BOGUS')).toMatch(/^500 /);
    expect(await ask('SET_RECIPIENT')).toMatch(/^501 /);
    expect(await ask(`GET_RECIPIENT ${BOB}`)).toBe(`250 ${toBase64(KEY)}`);
    expect(await ask('GET_RECIPIENT zed@p2.test')).toMatch(/^554 /);
    expect(await ask(`SET_RECIPIENT BOB@P2.TEST ${toHex(other)}`)).toMatch(/^250 /);
    expect(await ask('get_recipient bob@p2.test')).toBe(`250 ${toBase64(other)}`);
    expect(await ask(`SET_RECIPIENT ${BOB} ${toHex(other.subarray(1))}`)).toMatch(/^501 /);
    expect(await ask(`SET_RECIPIENT nobody ${toHex(other)}`)).toMatch(/^501 /);
    expect(await ask(`SET_RECIPIENT zed@p2.test ${toBase64(KEY)}`)).toMatch(/^250 /);
    expect((await ask('LIST_RECIPIENTS')).split('\n')).toEqual([
      `ada@p2.test ${toBase64(KEY)}`,
      `${BOB} ${toBase64(other)}`,
      `zed@p2.test ${toBase64(KEY)}`,
      '.',
    ]);
    expect(await ask('REMOVE_RECIPIENT bob@p2.test')).toMatch(/^250 /);
    expect(await ask('REMOVE_RECIPIENT bob@p2.test')).toMatch(/^554 /);
    expect(await ask(`QUERY_RECIPIENT ${ALICE} ${BOB}`)).toMatch(/^250 [0-9a-f]{32}$/);
    expect(await ask(`QUERY_RECIPIENT ${BOB} ${ALICE}`)).toMatch(/^554 /);
    client.failures.setRecipient = { kind: 'recipient-file', path: '/x', problem: 'full' };
    expect(await ask(`SET_RECIPIENT ${BOB} ${toHex(KEY)}`)).toMatch(/^554 /);
    await bridge.close();
  });

  it('keeps them back where they are not wanted', async () => {
    const client = makeClient();
    const bridge = await start(client, { enableDocumentVerbs: false });
    const ask = async (command: string): Promise<string> =>
      (await python(ASK, path, command)).stdout;
    expect(await ask('LIST_RECIPIENTS')).toMatch(/^500 /);
    expect(await ask('SHUTDOWN')).toMatch(/^500 /);
    expect(shutdowns).toBe(0);
    await bridge.close();
  });

  it('tells the daemon of SHUTDOWN and closes with it', async () => {
    const bridge = await start(makeClient());
    const asked = python(ASK, path, 'SHUTDOWN');
    await eventually(() => shutdowns).toBe(1);
    await bridge.close();
    expect((await asked).stdout.trim()).toBe('');
  });

  it('refuses a second daemon, and the first goes on', async () => {
    const first = await start(makeClient());
    const second = await serveManagement({
      network,
      address: `unix:${path}`,
      client: makeClient(),
      clock: nodeClock(),
      random: seededRandom('second'),
      log: memoryLog({ clock: manualClock() }),
      methods: {},
      enableDocumentVerbs: true,
      shutdown: () => undefined,
    });
    expect(second._unsafeUnwrapErr()).toMatchObject({ kind: 'listen', reason: 'in-use' });
    expect((await callDaemon({ network, path }, 'recipients.list')).isOk()).toBe(true);
    await first.close();
    const third = await start(makeClient());
    await third.close();
  });
});

describe('the methods over a client', () => {
  it('cover recipients, sending, the queue, the inbox and events', async () => {
    const queued = {
      account: ALICE,
      messageId: 'aa',
      recipient: BOB,
      state: 'queued' as const,
      blocks: 3,
      acknowledged: 1,
      transmissions: 4,
      bounceAt: 5,
    };
    const client = new FakeClient({
      accounts: [ALICE],
      recipients: { [BOB]: KEY },
      queued: [queued],
    });
    const bridge = await start(client);
    const call = async (method: string, params = {}): Promise<unknown> =>
      (await callDaemon({ network, path }, method, params)).match<unknown>(
        (result) => result,
        (error) => ('data' in error ? error.data : error),
      );
    expect(await call('accounts.status')).toMatchObject([
      { account: ALICE, connection: 'offline', inbox: { count: 0 }, skewMs: null },
    ]);
    expect(await call('accounts.keys', { account: BOB })).toEqual({
      kind: 'unknown-account',
      account: BOB,
    });
    const { words, digits } = fingerprintOf(KEY);
    expect(await call('recipients.get', { address: BOB })).toEqual({
      address: BOB,
      key: toBase64(KEY),
      words,
      digits,
      trust: 'given',
      seen: null,
    });
    expect(await call('recipients.verify', { address: BOB, code: 'acorn' })).toEqual({
      kind: 'code-differs',
      recipient: BOB,
    });
    expect(await call('recipients.verify', { address: BOB, code: digits })).toBeNull();
    expect(await call('recipients.query', { account: ALICE, address: BOB })).toMatch(/^0{32}$/);
    expect(await call('recipients.query', { account: BOB, address: BOB })).toMatchObject({
      kind: 'unknown-account',
    });
    expect(await call('recipients.set', { address: BOB, key: 'short' })).toMatchObject({
      param: 'key',
    });
    expect(await call('recipients.rescan')).toEqual([]);
    expect(await call('recipients.lookup', { account: ALICE, address: BOB })).toMatchObject({
      kind: 'no-such-user',
    });
    const mail = toBase64(new TextEncoder().encode('Subject: x\r\n\r\ny\r\n'));
    expect(await call('send', { account: ALICE, to: [BOB], mail })).toMatchObject([
      { recipient: BOB },
    ]);
    expect(client.sent[0]).not.toHaveProperty('reliability');
    await call('send', { account: ALICE, to: [BOB], mail, unreliable: true });
    expect(client.sent[1]).toMatchObject({ reliability: 'none' });
    const named = { account: ALICE, to: [BOB], mail, once: 'this send', path: 'mix1,*' };
    expect(await call('send', named)).toEqual(await call('send', named));
    expect(client.sent[2]).toMatchObject({ once: 'this send', path: 'mix1,*' });
    expect(client.sent[1]?.path).toBeUndefined();
    expect(client.sent).toHaveLength(3);
    expect(await call('outbox.list')).toEqual([queued]);
    expect(await call('outbox.cancel', { messageId: 'aa' })).toBeNull();
    const events = await followDaemon({ network, path }, 'events');
    const id = client.deliver(ALICE, 'Subject: in\r\n\r\n', KEY);
    for await (const event of events._unsafeUnwrap()) {
      expect(event).toMatchObject({ kind: 'received', mail: { id, senderKey: toBase64(KEY) } });
      break;
    }
    const where = { account: ALICE, reader: 'inbox' };
    expect(await call('inbox.list', where)).toMatchObject([{ id, size: 15 }]);
    expect(await call('inbox.read', { account: ALICE, id })).toBe(
      toBase64(new TextEncoder().encode('Subject: in\r\n\r\n')),
    );
    await call('inbox.done', { ...where, ids: [id] });
    expect(await call('inbox.list', where)).toEqual([]);
    expect(await call('ask', { account: ALICE, service: 's', provider: 'p', body: '' })).toEqual({
      kind: 'no-document',
    });
    await bridge.close();
  });
});
