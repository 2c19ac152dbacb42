/**
 * The primitives that a packet costs most of: AEZ and X25519, each way of doing them side by side.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { makeFastPrimitives } from '../src/crypto/fast.js';
import { portablePrimitives } from '../src/crypto/portable.js';
import { KATZENPOST_GEOMETRY } from '../src/sphinx/geometry.js';
import { measured, runArea } from './area.js';
import { measure, type Subject } from './measure.js';
import type { AreaReport } from './report.js';
import { ratios, summarise } from './stats.js';

const LEAST_AEZ_GAIN = 1.8;

const fast = makeFastPrimitives();

const bytes = (length: number): Uint8Array => Uint8Array.from(randomBytes(length));

const payload = bytes(KATZENPOST_GEOMETRY.taggedPayloadLength);
const key = bytes(KATZENPOST_GEOMETRY.sprpKeyLength);
const iv = bytes(KATZENPOST_GEOMETRY.sprpIvLength);

const aezSubjects = {
  wasm: (): unknown => fast.wideBlock.decrypt(key, iv, payload),
  plain: (): unknown => portablePrimitives.wideBlock.decrypt(key, iv, payload),
};

const secret = bytes(32);
const element = fast.x25519.publicKey(fast.x25519.scalar(bytes(32)));

const curveSubjects = (): Record<'dh' | 'blinding' | 'noble', Subject> => {
  const { x25519 } = fast;
  const loadedSecret = x25519.scalar(secret);
  const loadedElement = x25519.point(element);
  const nobleSecret = portablePrimitives.x25519.scalar(secret);
  return {
    dh: () => x25519.multiply(loadedSecret, x25519.point(element)),
    blinding: () => x25519.multiply(x25519.scalar(secret), loadedElement),
    noble: () =>
      portablePrimitives.x25519.multiply(nobleSecret, portablePrimitives.x25519.point(element)),
  };
};

const bench = async (): Promise<AreaReport> => {
  const aez = await measure(aezSubjects);
  const curve = await measure(curveSubjects());
  const gain = ratios(aez.plain, aez.wasm);
  return {
    area: 'crypto',
    measures: [
      measured(`AEZ of ${payload.length} bytes, WebAssembly`, 'us', aez.wasm),
      measured(`AEZ of ${payload.length} bytes, plain`, 'us', aez.plain),
      measured('AEZ, plain over WebAssembly', 'x', gain),
      measured('X25519, DH: loaded secret, fresh point', 'us', curve.dh),
      measured('X25519, blinding: fresh secret, loaded point', 'us', curve.blinding),
      measured('X25519, noble', 'us', curve.noble),
    ],
    requirements: [
      {
        name: 'AEZ: plain over WebAssembly',
        value: summarise(gain).median,
        unit: 'x',
        bound: 'at-least',
        limit: LEAST_AEZ_GAIN,
      },
    ],
  };
};

await runArea(bench);
