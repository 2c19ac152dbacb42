import { expect, it } from 'vitest';
import { metricsText } from '../../../apps/node/metrics.js';

const STATUS = {
  role: 'provider',
  epoch: 249_170,
  inDocument: true,
  counters: { 'link.accepted': 127, 'packets.sent': 9, 'drop.replayed': 31 },
  queues: { admission: 0, held: 25 },
  spooled: 19,
  connections: { nodes: 3, clients: 12, outgoingUp: 2 },
  health: [{ node: 'mix1', sent: 20, returned: 19, lost: 1 }],
};

/** What a line of the exposition may be: OpenMetrics 1.0, section 4. */
const LINE =
  /^(# (TYPE [a-z_]+ (counter|gauge)|HELP [a-z_]+ .+\.|EOF)|[a-z_]+(\{[a-z]+="[A-Za-z.-]+"\})? \d+)$/;

it('is OpenMetrics text, ended as such', () => {
  const lines = metricsText(STATUS).split('\n');
  expect(lines.slice(-2)).toEqual(['# EOF', '']);
  for (const line of lines.slice(0, -1)) expect(line).toMatch(LINE);
  const families = lines.flatMap((line) => /^# TYPE (\w+) (\w+)/.exec(line)?.slice(1) ?? []);
  expect(new Set(families.filter((_, i) => i % 2 === 0)).size).toBe(families.length / 2);
});

it('rounds down what could be one person’s', () => {
  const text = metricsText(STATUS);
  expect(text).toContain('\npostern_events_total{event="link.accepted"} 120\n');
  expect(text).toContain('\npostern_events_total{event="packets.sent"} 0\n');
  expect(text).toContain('\npostern_dropped_packets_total{reason="replayed"} 30\n');
  expect(text).toContain('\npostern_queued_packets{stage="held"} 20\n');
  expect(text).toContain('\npostern_queued_packets{stage="spooled"} 10\n');
  expect(text).toContain('\npostern_connections{kind="clients"} 10\n');
  expect(text).toContain('\npostern_connections{kind="nodes"} 3\n');
  expect(text).toContain('\npostern_epoch 249170\n');
});

it('names nobody', () => expect(metricsText(STATUS)).not.toContain('mix1'));
