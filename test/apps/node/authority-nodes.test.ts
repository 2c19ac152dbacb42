/** `postern node authority pending|approve|reject|nodes`, against an authority that runs. */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { okAsync } from 'neverthrow';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openLog } from '../../../apps/config/logging.js';
import { readConfiguredNode } from '../../../apps/node/configured.js';
import { startPart, type RunningPart } from '../../../apps/node/run.js';
import { toBase64, toHex } from '../../../src/bytes/text.js';
import { callDaemon } from '../../../src/control/call.js';
import { isObject } from '../../../src/control/json.js';
import { nodeIo } from '../../../src/io/node.js';
import { signDescriptor } from '../../../src/pki/descriptor.js';
import { postDescriptor } from '../../../src/pki/directory.js';
import { certificateExpiration, epochAt, KATZENPOST_EPOCHS } from '../../../src/pki/epoch.js';
import { openSqliteStore } from '../../../src/store/sqlite.js';
import { config as network, descriptorOf, primitives } from '../../pki/support.js';
import { repeated } from '../../support/bytes.js';
import { run, type Transcript } from '../cli/run.js';

const identity = <T>(value: T): T => value;
const keyOf = (node: number): Uint8Array => primitives.ed25519.publicKey(repeated(node, 32));
const STRANGER = 77;

let directory: string;
let configFile: string;
let authority: RunningPart;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'postern-authority-'));
  configFile = join(directory, 'authority.toml');
  await writeFile(configFile, text());
  const configured = readConfiguredNode('authority')(text(), configFile)._unsafeUnwrap();
  const log = openLog({ disabled: true, level: 'error', unsafeDebug: false });
  const source = { configured, read: () => okAsync(configured), log, logging: identity };
  const io = { ...nodeIo(), log };
  const world = { io, openStore: openSqliteStore, shutdown: () => undefined, source };
  authority = (await startPart(configured.config, world))._unsafeUnwrap();
});
afterEach(async () => {
  await authority.close();
  await rm(directory, { recursive: true });
});

const text = (): string => `
[Authority]
  Addresses = [ "127.0.0.1:0" ]
  DataDir = "${join(directory, 'data')}"
[Parameters]
  SendRatePerMinute = 1000
[Debug]
  MinNodesPerLayer = 1
${[1, 2, 3].map((node) => `[[Mixes]]\n  IdentityKey = "${toBase64(keyOf(node))}"`).join('\n')}
[[Providers]]
  Identifier = "p1.test"
  IdentityKey = "${toBase64(keyOf(9))}"
`;

const operator = (...words: string[]): Promise<Transcript> =>
  run(['node', 'authority', ...words, '-f', configFile]);

/** Posts the stranger's descriptor of this epoch. @returns what it is told */
const post = async (): Promise<string> => {
  const io = nodeIo();
  const epoch = epochAt(KATZENPOST_EPOCHS, io.clock.now());
  const seed = repeated(STRANGER, 32);
  const raw = signDescriptor(primitives, descriptorOf(STRANGER, epoch, 0), {
    seed,
    expiration: certificateExpiration(KATZENPOST_EPOCHS, io.clock.now()),
  });
  const deps = {
    ...io,
    authority: { addresses: authority.addresses, publicKey: authority.identityKey },
    link: { ...network, profile: network.link, primitives, clock: io.clock, random: io.random },
  };
  const posted = await postDescriptor(deps, { seed, epoch, raw }, new AbortController().signal);
  return posted.isOk() ? 'ok' : posted.error.kind;
};

it('shows who waits, lets them in and turns them away', async () => {
  const id = toHex(keyOf(STRANGER));
  expect((await operator('pending')).out).toEqual(['no node waits']);
  expect(await post()).toBe('forbidden');
  const { out } = await operator('pending');
  expect(out).toHaveLength(1);
  expect(out[0]).toMatch(new RegExp(`^${id}  mix node77, new, since \\S+Z, 127.0.0.1:30077$`));
  expect(JSON.parse((await operator('pending', '--json')).out.join(''))).toMatchObject([
    { id, kind: 'mix', name: 'node77', state: 'new' },
  ]);

  const approved = await operator('approve', toBase64(keyOf(STRANGER)));
  expect(approved).toMatchObject({
    code: 0,
    out: ['mix node77 is listed from its next post on'],
  });
  expect(await post()).toBe('ok');
  const nodes = (await operator('nodes')).out;
  expect(nodes).toHaveLength(5);
  expect(nodes).toContain(`${toHex(keyOf(9))}  provider p1.test, configured, has never posted`);
  expect(nodes.find((line) => line.startsWith(id))).toMatch(
    /mix node77, approved, since \S+Z, in 1 of the last 1 epochs$/,
  );

  const socket = { network: nodeIo().network, path: join(directory, 'data', 'management_sock') };
  const status = (await callDaemon(socket, 'status'))._unsafeUnwrap();
  expect(status).toMatchObject({ nodes: { listed: 5, missing: 4, waiting: 0 } });
  const members = isObject(status) ? status['members'] : undefined;
  expect(members).toContainEqual(expect.objectContaining({ id, attended: 1, outOf: 1 }));
  expect((await operator('reject', id)).code).toBe(0);
  expect(await post()).toBe('forbidden');
  expect((await operator('pending')).out[0]).toContain('mix node77, rejected');
});

it('says what cannot be done', async () => {
  const unknown = await operator('approve', toHex(keyOf(5)));
  expect(unknown.code).toBe(1);
  expect(unknown.err.join(' ')).toContain('no node of this ID is known');
  const configured = await operator('reject', toHex(keyOf(1)));
  expect(configured.err.join(' ')).toContain('the configuration file: take it out there');
  expect((await operator('approve', 'nonsense')).code).toBe(1);
  const socket = join(directory, 'data', 'management_sock');
  expect((await stat(socket)).mode & 0o777).toBe(0o600);
  await authority.close();
  const late = await operator('nodes');
  expect(late.err).toEqual([`postern: no daemon answers on ${socket}`]);
});
