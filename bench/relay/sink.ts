/**
 * The sink: a played provider in a process of its own, which counts what the mix sends it.
 * @module
 */
import { nodeNetwork } from '../../src/io/node.js';
import type { Session } from '../../src/wire/contracts.js';
import { tellParent } from './channel.js';
import { accept, SINK } from './world.js';

export type SinkNews =
  | { readonly kind: 'listening'; readonly address: string }
  /** All packets so far. */
  | { readonly kind: 'received'; readonly count: number };

const say = (news: SinkNews): void => tellParent(news);

let count = 0;
let told = 0;

const tell = (): void => {
  if (count === told) return;
  told = count;
  say({ kind: 'received', count });
};

const drain = async (session: Session): Promise<void> => {
  for (;;) {
    const command = await session.receive();
    if (command.isErr()) return;
    if (command.value.kind !== 'send-packet') continue;
    count++;
    // One piece of news for whatever came at once.
    if (count === told + 1) setImmediate(tell);
  }
};

const listener = (await nodeNetwork().listen('127.0.0.1:0'))._unsafeUnwrap();
say({ kind: 'listening', address: listener.address });
process.on('disconnect', () => process.exit());
for await (const duplex of listener.connections) {
  void accept(duplex, SINK.identity).then((session) => session && drain(session));
}
