/**
 * Metrics for monitoring, as OpenMetrics text over HTTP on loopback.
 *
 * No label names a user, a node, an address or a packet, and what is counted in packets or clients
 * is rounded down: two scrapes a moment apart show no single one. Written by hand, since our
 * counters are there already: a library would keep a second set of them.
 *
 * Source: the OpenMetrics specification 1.0.
 * @module
 */
import { errAsync, type ResultAsync } from 'neverthrow';
import { utf8 } from '../../src/bytes/text.js';
import { isObject, type Json, type JsonObject } from '../../src/control/json.js';
import { serve, type RunningBridge } from '../../src/control/serve.js';
import { onAbort } from '../../src/io/abort.js';
import type { HttpAnswer, HttpRequest, Io, ListenError } from '../../src/io/contracts.js';
import { startDeadline } from '../../servers/node/deadline.js';
import { FLOOR } from './statistics.js';

export const METRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

const PATH = '/metrics';
const MAX_SESSIONS = 16;
const DEADLINE_MS = 10_000;
const DROP = 'drop.';
const nothing = new Uint8Array(0);

type Numbers = Readonly<Record<string, number>>;

/** One family of metrics, its samples by the value of its label. */
interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  /** None where there is one sample only. */
  readonly label?: string;
  readonly samples: Numbers;
}

/** What a part's status says, as OpenMetrics text. */
export const metricsText = (status: JsonObject): string => {
  const families = familiesOf(status).filter(({ samples }) => Object.keys(samples).length > 0);
  return `${[...families.flatMap(linesOf), '# EOF'].join('\n')}\n`;
};

const familiesOf = (status: JsonObject): readonly Family[] => [
  {
    name: 'postern_epoch',
    type: 'gauge',
    help: 'The current epoch.',
    samples: one(status['epoch']),
  },
  {
    name: 'postern_in_document',
    type: 'gauge',
    help: 'Whether the current document lists this part, or is there at all.',
    samples: one(status['inDocument'] === true || status['hasDocument'] === true ? 1 : 0),
  },
  ...countersOf(numbersIn(status['counters'])),
  {
    name: 'postern_queued_packets',
    type: 'gauge',
    help: 'Packets in each stage, rounded down.',
    label: 'stage',
    samples: rounded({ ...numbersIn(status['queues']), ...one(status['spooled'], 'spooled') }),
  },
  {
    name: 'postern_connections',
    type: 'gauge',
    help: 'Connections by their kind; clients are rounded down.',
    label: 'kind',
    samples: connectionsOf(numbersIn(status['connections'])),
  },
];

const countersOf = (counters: Numbers): readonly Family[] => {
  const drops = pickBy(counters, (name) => name.startsWith(DROP));
  const events = pickBy(counters, (name) => !name.startsWith(DROP));
  const withoutPrefix = Object.entries(drops).map(([name, n]) => [name.slice(DROP.length), n]);
  return [
    {
      name: 'postern_events',
      type: 'counter',
      help: 'What has happened, rounded down.',
      label: 'event',
      samples: rounded(events),
    },
    {
      name: 'postern_dropped_packets',
      type: 'counter',
      help: 'Packets that were refused, rounded down.',
      label: 'reason',
      samples: rounded(Object.fromEntries(withoutPrefix) as Numbers),
    },
  ];
};

/** Nodes are known to everybody, clients to nobody. */
const connectionsOf = (connections: Numbers): Numbers => ({
  ...connections,
  ...rounded(pickBy(connections, (kind) => kind === 'clients' || kind === 'handshakes')),
});

const linesOf = ({ name, type, help, label, samples }: Family): readonly string[] => [
  `# TYPE ${name} ${type}`,
  `# HELP ${name} ${help}`,
  ...Object.entries(samples).map(([value, number]) => {
    const labels = label === undefined ? '' : `{${label}="${value}"}`;
    return `${name}${type === 'counter' ? '_total' : ''}${labels} ${number}`;
  }),
];

const one = (value: Json | undefined, name = ''): Numbers =>
  typeof value === 'number' ? { [name]: value } : {};

const numbersIn = (value: Json | undefined): Numbers =>
  Object.fromEntries(
    Object.entries(isObject(value) ? value : {}).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number',
    ),
  );

const pickBy = (numbers: Numbers, isWanted: (name: string) => boolean): Numbers =>
  Object.fromEntries(Object.entries(numbers).filter(([name]) => isWanted(name)));

const rounded = (numbers: Numbers): Numbers =>
  Object.fromEntries(
    Object.entries(numbers).map(([name, n]) => [name, Math.floor(n / FLOOR) * FLOOR]),
  );

/**
 * Serves `GET /metrics`.
 *
 * @param status - asked for each scrape
 * @errors `listen`; `bad-address` also where there is no HTTP in this world
 */
export const serveMetrics = (
  io: Io,
  address: string,
  status: () => JsonObject,
): ResultAsync<RunningBridge, ListenError> => {
  const { http, clock } = io;
  if (http === undefined) return errAsync({ kind: 'listen', address, reason: 'bad-address' });
  return serve({
    ...io,
    address,
    module: 'metrics',
    maxSessions: MAX_SESSIONS,
    session: async (duplex, signal) => {
      const deadline = startDeadline(clock, DEADLINE_MS, signal);
      const forget = onAbort(deadline.signal, () => duplex.destroy());
      const respond = (request: HttpRequest) => Promise.resolve(answerTo(request, status));
      await http.answer(duplex, { maxBody: 0, respond });
      forget();
      deadline.clear();
    },
  });
};

const answerTo = ({ method, target }: HttpRequest, status: () => JsonObject): HttpAnswer => {
  if (target.split('?')[0] !== PATH) return { status: 404, body: nothing };
  if (method !== 'GET') return { status: 405, body: nothing };
  return { status: 200, body: utf8(metricsText(status())), contentType: METRICS_TYPE };
};
