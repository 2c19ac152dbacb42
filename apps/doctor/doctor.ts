/**
 * The doctor: looks at an installation from the configuration to the provider. It changes nothing,
 * and works beside a running daemon as well as without one.
 * @module
 */
import { authorityTag, outgoing } from '../../src/client/link/upstream.js';
import { planAccounts, type AccountPlan } from '../../src/client/account/plan.js';
import { callDaemon } from '../../src/control/call.js';
import { isObject, type Json, type JsonObject } from '../../src/control/json.js';
import { selectPrimitives } from '../../src/crypto/select.js';
import { parseAddress } from '../../src/io/address.js';
import type { Io, Network } from '../../src/io/contracts.js';
import type { DaemonConfig } from '../daemon/config.js';
import type { CheckName, Finding, Verdict } from './finding.js';
import { lookAround } from './local.js';
import { lookAtNetwork, lookAtProvider, SKEW_LIMIT_MS, type NetworkReport } from './reach.js';

/** Any will do: nothing is opened with it. */
const NO_KEY = new Uint8Array(32);
/** Of a connection to a port of this machine, ms. */
const LOCAL_MS = 2000;

/** Everything that there is to find, in the order of {@link CheckName}. */
export const examine = async (
  io: Io,
  file: string,
  config: DaemonConfig,
): Promise<readonly Finding[]> => {
  const plans = planAccounts({ ...config.client, storageKey: NO_KEY });
  if (plans.isErr()) {
    const { key, problem } = plans.error;
    return [finding('configuration', file, { kind: 'config-refused', key, problem })];
  }
  const daemon = await askDaemon(io, config);
  const around = await Promise.all([
    lookAround(io, config, plans.value),
    daemon.status === undefined ? lookAtPorts(io.network, io, config) : [],
    lookOutside(io, config, plans.value, daemon.status),
  ]);
  return [
    finding('configuration', file, { kind: 'config-good' }),
    finding('daemon', config.socket, daemon.verdict),
    ...around.flat(),
  ].sort((a, b) => ORDER.indexOf(a.check) - ORDER.indexOf(b.check));
};

const ORDER: readonly CheckName[] = [
  'configuration',
  'directory',
  'disk',
  'storage key',
  'keys',
  'recipients',
  'daemon',
  'listener',
  'authority',
  'clock',
  'document',
  'provider',
];

const finding = (check: CheckName, about: string, verdict: Verdict): Finding => ({
  check,
  about,
  verdict,
});

interface DaemonAnswer {
  readonly verdict: Verdict;
  /** None where no daemon runs. */
  readonly status: JsonObject | undefined;
}

const askDaemon = ({ network }: Io, { socket }: DaemonConfig): Promise<DaemonAnswer> =>
  callDaemon({ network, path: socket }, 'status').match(
    (answer): DaemonAnswer => {
      const status = isObject(answer) ? answer : {};
      const needsRestart = listOf(status['needsRestart']).map(String);
      return { verdict: { kind: 'running', pid: Number(status['pid']), needsRestart }, status };
    },
    (error) => ({
      verdict:
        error.kind === 'dial' && error.reason === 'refused'
          ? { kind: 'not-running' }
          : { kind: 'no-answer', reason: error.kind },
      status: undefined,
    }),
  );

const textOf = (value: Json | undefined): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

const listOf = (value: Json | undefined): readonly Json[] =>
  Array.isArray(value) ? value.map((each: Json) => each) : [];

/** Where the daemon will listen, when it runs. */
const lookAtPorts = (
  network: Network,
  { clock }: Io,
  config: DaemonConfig,
): Promise<readonly Finding[]> => {
  const wanted = [config.smtp, config.pop3].flatMap((address) => {
    const parsed = address === undefined ? undefined : parseAddress(address);
    return address === undefined || parsed?.kind !== 'tcp' || parsed.port === 0 ? [] : [address];
  });
  return Promise.all(
    wanted.map(async (address) => {
      const limit = new AbortController();
      void clock.sleep(LOCAL_MS, limit.signal).then(() => limit.abort());
      const dialled = await network.dial(address, limit.signal);
      limit.abort();
      if (dialled.isOk()) dialled.value.destroy();
      return finding('listener', address, { kind: dialled.isOk() ? 'port-taken' : 'port-free' });
    }),
  );
};

/** Each network that an account is on, and then each account's provider. */
const lookOutside = async (
  io: Io,
  { client }: DaemonConfig,
  plans: readonly AccountPlan[],
  status: JsonObject | undefined,
): Promise<readonly Finding[]> => {
  const primitives = selectPrimitives(io.log);
  const wayOut = outgoing({ ...io, primitives, proxy: client.upstreamProxy });
  const reports = new Map<string, NetworkReport>();
  for (const [label, config] of Object.entries(client.networks)) {
    const network = wayOut(authorityTag('doctor', config.authority.publicKey));
    reports.set(label, await lookAtNetwork({ io, primitives, network }, label, config));
  }
  const providers = plans.map((plan, index) => {
    if (status !== undefined) return Promise.resolve(toldBy(status, plan));
    const view = reports.get(client.accounts[index]?.network ?? '')?.view;
    return lookAtProvider({ io, primitives, network: wayOut(plan.address) }, plan, view);
  });
  const told = await Promise.all(providers);
  return [...[...reports.values()].flatMap(({ findings }) => findings), ...told.flat()];
};

/** A second connection of one account would end the daemon's, so the daemon is asked. */
const toldBy = (status: JsonObject, { address }: AccountPlan): readonly Finding[] => {
  const account = listOf(status['accounts'])
    .filter((each) => isObject(each))
    .find((each) => each['account'] === address);
  const connection = account?.['connection'];
  const state = typeof connection === 'string' ? connection : 'unknown to the running daemon';
  const problem = account?.['problem'];
  const skewMs = account?.['skewMs'];
  return [
    finding(
      'provider',
      address,
      isObject(problem)
        ? { kind: 'unusable', problem: textOf(problem['kind']) }
        : { kind: 'connection', state },
    ),
    ...(typeof skewMs === 'number'
      ? [finding('clock', address, { kind: 'skew', skewMs, limitMs: SKEW_LIMIT_MS })]
      : []),
  ];
};
