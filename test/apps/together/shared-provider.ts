/** A network whose first provider is two processes on one database, behind one address. */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify, type TomlTable } from 'smol-toml';
import { configFileOf, type PartPlan, type TestnetPlan } from '../../../apps/testnet/plan.js';
import { freePorts } from '../../../testkit/free-ports.js';
import { numberAt } from '../../../apps/testnet/ask.js';
import type { DataSource } from '../../../servers/provider/postgres/data-source.js';
import { eventually } from '../crash/eventually.js';
import type { ProcessNetwork } from '../network.js';
import type { Ordeal } from './drill.js';

/** Both are `p1.test`. */
export const FIRST = 'p1';
const SECOND = 'p1-second';
/** What all processes of a provider have in common. */
const SHARED = ['identity.private.pem', 'identity.public.pem', 'link.private.pem'];
const PRIVATE = { mode: 0o600 };
const KEY_LENGTH = 32;
const LIMIT_MS = 120_000;

/**
 * Makes the first provider of a prepared network two processes, with files as an operator's.
 *
 * @returns where they listen; what the documents say is the plan's address
 */
export const shareProvider = async (
  network: ProcessNetwork,
  source: DataSource,
): Promise<readonly string[]> => {
  const first = network.part(FIRST);
  const ports = (await freePorts(network.io, 2))._unsafeUnwrap();
  const backends = ports.map((port) => `127.0.0.1:${port}`);
  const second = await makeSecond(network.plan, first);
  const storageKey = network.io.random(KEY_LENGTH);
  const config = parse(await readFile(configFileOf(first), 'utf8'));
  for (const [index, part] of [first, second].entries()) {
    const sharing = { part, address: backends[index] ?? '', front: first.address, source };
    await writeFile(configFileOf(part), stringify(sharedConfig(config, sharing)), PRIVATE);
    await writeFile(`${part.dataDir}.storage.key`, storageKey, PRIVATE);
  }
  network.add(second);
  return backends;
};

const makeSecond = async ({ directory: all }: TestnetPlan, first: PartPlan): Promise<PartPlan> => {
  const directory = join(all, SECOND);
  const second = { ...first, name: SECOND, directory, dataDir: join(directory, 'data') };
  await mkdir(second.dataDir, { recursive: true, mode: 0o700 });
  for (const file of SHARED) await copyFile(join(first.dataDir, file), join(second.dataDir, file));
  return second;
};

interface Sharing {
  readonly part: PartPlan;
  /** Where this process listens. */
  readonly address: string;
  /** What the descriptor says. */
  readonly front: string;
  readonly source: DataSource;
}

const sharedConfig = (config: TomlTable, { part, address, front, source }: Sharing): TomlTable => ({
  ...config,
  Server: {
    ...tableOf(config['Server']),
    Addresses: [address],
    AltAddresses: { tcp4: [front] },
    OnlyAdvertiseAltAddresses: true,
    DataDir: part.dataDir,
  },
  Logging: { ...tableOf(config['Logging']), File: join(part.directory, 'log') },
  Provider: {
    UserDB: { Backend: 'sql' },
    SpoolDB: { Backend: 'sql' },
    SQLDB: { Backend: 'pgx', DataSourceName: wordsOf(source) },
  },
});

const tableOf = (value: TomlTable[string] | undefined): TomlTable =>
  typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date) ? value : {};

const wordsOf = ({ host, port, database = '', user = '' }: DataSource): string =>
  `host=${host} port=${port} dbname=${database} user=${user} sslmode=disable`;

/** Both serve and send; then one after the other is killed mid-delivery, and started again. */
export const killInTurn =
  (kills: number): Ordeal =>
  async (network, traffic) => {
    const problems: string[] = [];
    const expect = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
      if (!(await eventually(isSo, LIMIT_MS))) problems.push(`not so: ${what}`);
    };
    const delivers = async (who: string): Promise<void> => {
      const before = await traffic.delivered();
      await expect(`mail arrives by ${who}`, async () => (await traffic.delivered()) > before);
    };
    for (const name of [FIRST, SECOND]) {
      await expect(`${name} sends`, async () => (await sentBy(network, name)) > 0);
    }
    for (let killed = 0; killed < kills; killed++) {
      const victim = killed % 2 === 0 ? FIRST : SECOND;
      const survivor = victim === FIRST ? SECOND : FIRST;
      await delivers('both');
      await expect('mail is underway', () => Promise.resolve(traffic.ledger.underway > 0));
      await expect(`${victim} is killed`, () => network.kill(victim));
      await expect(`${survivor} takes over`, () => serves(network, survivor));
      await delivers(survivor);
      network.launch(victim);
      await expect(`${victim} is back`, () => network.answers(victim));
    }
    return problems;
  };

/** Packets that a process has sent to mixes. */
const sentBy = async (network: ProcessNetwork, name: string): Promise<number> =>
  numberAt(await network.status(name), 'counters', 'packets.sent');

/** Whether a process has users' sessions, mixes that bring packets, and a way out. */
const serves = async (network: ProcessNetwork, name: string): Promise<boolean> => {
  const status = await network.status(name);
  return ['clients', 'nodes', 'outgoingUp'].every(
    (what) => numberAt(status, 'connections', what) > 0,
  );
};
