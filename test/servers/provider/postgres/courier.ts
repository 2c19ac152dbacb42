/** One provider's process in miniature: appends what it is told, and says what the spool has. */
import { Writer } from '../../../../src/bytes/writer.js';
import { portablePrimitives } from '../../../../src/crypto/portable.js';
import { memoryLog } from '../../../../src/io/memory.js';
import { nodeIo } from '../../../../src/io/node.js';
import type { DataSource } from '../../../../servers/provider/postgres/data-source.js';
import { openSharedData } from '../../../../servers/provider/postgres/open.js';

const opened = await openSharedData({
  io: { ...nodeIo(), log: memoryLog() },
  primitives: portablePrimitives,
  storageKey: new Uint8Array(32).fill(7),
  source: JSON.parse(process.env['SOURCE'] ?? '') as DataSource,
  limit: Number(process.env['LIMIT']),
});
if (opened.isErr()) throw new Error(JSON.stringify(opened.error));
const { spool } = opened.value;

process.on('message', ({ mail, user }: { readonly mail: number; readonly user: string }) => {
  const payload = new Writer(4).u32(mail).done();
  void spool.append(user, { kind: 'message', payload }).match(
    () => process.send?.({ mail, ok: true }),
    () => process.send?.({ mail, ok: false }),
  );
});
process.send?.({});
