/**
 * What a running part can be asked over its control socket, beside its status.
 * @module
 */
import { ok, ResultAsync } from 'neverthrow';
import type { RunningNode } from '../../servers/node/node.js';
import { gives, rpcMethod, texts, value, type RpcMethods } from '../../src/control/method.js';
import { INTEGER, listOf, oneOf, record, TEXT } from '../../src/control/schema.js';
import type { NodeReloader } from './reload.js';

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

/** Of every part. */
export const operatorMethods = ({ reloader }: { readonly reloader: NodeReloader }): RpcMethods => ({
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
