/**
 * What a running part can be asked over its control socket, beside its status.
 * @module
 */
import { err, ok, ResultAsync } from 'neverthrow';
import type { RunningNode } from '../../servers/node/node.js';
import { gives, rpcMethod, texts, value, type RpcMethods } from '../../src/control/method.js';
import { FACTS, INTEGER, listOf, oneOf, record, TEXT } from '../../src/control/schema.js';
import type { NodeReloader } from './reload.js';
import type { Statistics } from './statistics.js';

/** Of mixes and providers. */
export const nodeMethods = (node: Pick<RunningNode, 'republish' | 'ping'>): RpcMethods => ({
  republish: rpcMethod(
    {
      summary: 'posts the signed descriptors of this epoch and the next once more',
      params: {},
      answer: gives(record({ epochs: listOf(INTEGER) })),
    },
    () => ok(value({ epochs: [...node.republish()] })),
  ),
  ping: rpcMethod(
    {
      summary: 'sends a loop through a node, or two of different layers, and waits for it',
      params: { nodes: texts('their names') },
      answer: gives(record({ outcome: oneOf('returned', 'lost') }, { roundTripMs: INTEGER })),
    },
    ({ nodes }) => new ResultAsync(node.ping(nodes)).map((ping) => value({ ...ping })),
  ),
});

interface Operated {
  readonly reloader: NodeReloader;
  /** Absent where nothing is counted. */
  readonly statistics: Statistics | undefined;
}

/** Of every part. */
export const operatorMethods = ({ reloader, statistics }: Operated): RpcMethods => ({
  stats: rpcMethod(
    {
      summary: 'what was counted in the current period; small numbers are not told',
      params: {},
      answer: gives(FACTS),
    },
    () => {
      const period = statistics?.current();
      return period ? ok(value({ ...period })) : err({ kind: 'no-statistics' });
    },
  ),
  reload: rpcMethod(
    {
      summary: 'reads the configuration file again; one with problems changes nothing',
      params: {},
      answer: gives(record({ changed: listOf(TEXT), needsRestart: listOf(TEXT) })),
    },
    () =>
      reloader
        .reload()
        .map(({ changed, needsRestart }) =>
          value({ changed: [...changed], needsRestart: [...needsRestart] }),
        ),
  ),
});
