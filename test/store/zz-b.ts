import { DatabaseSync } from '@photostructure/sqlite';
import { rmSync } from 'node:fs';
import { nodeRandom } from '../../src/io/node.js';
const P = '/tmp/bench-x.db';
const W='CREATE TABLE record (collection BLOB NOT NULL, id BLOB NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (collection, id)) WITHOUT ROWID';
const N='CREATE TABLE record (n INTEGER PRIMARY KEY, collection BLOB NOT NULL, id BLOB NOT NULL, sealed BLOB NOT NULL, UNIQUE (collection, id))';
const variants: [string,string,string,string][] = [
 ['without', W, '1000','INSERT OR REPLACE INTO record (collection,id,sealed) VALUES (?2,?3,?4)'],
 ['hashed rowid', N, '1000', 'INSERT INTO record VALUES (?,?,?,?) ON CONFLICT (collection,id) DO UPDATE SET sealed = excluded.sealed'],
 ['hashed rowid 256', N, '256', 'INSERT INTO record VALUES (?,?,?,?) ON CONFLICT (collection,id) DO UPDATE SET sealed = excluded.sealed'],
 ['auto rowid', N, '1000', 'INSERT INTO record VALUES (NULL,?2,?3,?4) ON CONFLICT (collection,id) DO UPDATE SET sealed = excluded.sealed'],
];
for (let round=0; round<2; round++) for (const [name, ddl, pages, sql] of variants) for (const group of [1,100]) {
  for (const x of ['','-wal']) rmSync(P+x,{force:true});
  const db = new DatabaseSync(P); db.exec(`PRAGMA locking_mode=EXCLUSIVE; PRAGMA page_size=16384; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA wal_autocheckpoint=${pages}`); db.exec(ddl);
  const put = db.prepare(sql); const del = db.prepare('DELETE FROM record WHERE collection=? AND id=?');
  const tag = new Uint8Array(16); const ids = Array.from({length:1000},()=>nodeRandom(16)); const sealed = nodeRandom(65536);
  let t=performance.now(); let c=process.cpuUsage();
  for (let i=0;i<ids.length;i+=group){ db.exec('BEGIN'); for (let j=0;j<group;j++) {const id=ids[i+j]!; put.run(new DataView(id.buffer).getBigInt64(0), tag, id, sealed);} db.exec('COMMIT'); }
  let u=process.cpuUsage(c); const a=`put/s ${Math.round(1e6/(performance.now()-t))} cpu ${Math.round((u.user+u.system)/1000)}`;
  t=performance.now(); c=process.cpuUsage();
  for (let i=0;i<ids.length;i+=group){ db.exec('BEGIN'); for (let j=0;j<group;j++) del.run(tag, ids[i+j]); db.exec('COMMIT'); }
  u=process.cpuUsage(c); console.log(name, group, a, `del/s ${Math.round(1e6/(performance.now()-t))} cpu ${Math.round((u.user+u.system)/1000)}`);
  db.close();
}
