/**
 * Writes src/crypto/aez/wasm.generated.ts. Run by `npm run generate:aez`.
 * @module
 */
import { writeFileSync } from 'node:fs';
import { generatedSource } from './module.js';

const TARGET = 'src/crypto/aez/wasm.generated.ts';

const source = await generatedSource();
writeFileSync(TARGET, source);
console.log(`${TARGET}: ${source.length} bytes`);
