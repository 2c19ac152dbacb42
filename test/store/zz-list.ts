import { openSqliteStore } from '../../src/store/sqlite.js';
const s = (await openSqliteStore(`${process.argv[2]}/s.db`, new Uint8Array(32)));
console.log(s.isOk() ? 'reopened' : s.error); if (s.isOk()) { console.log((await s.value.list('c'))._unsafeUnwrap().length); await s.value.close(); }
