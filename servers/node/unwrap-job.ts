/**
 * One unwrapping with the keys that may fit, and the messages that bring it to a thread and back.
 * @module
 */
import type { Scalar } from '../../src/crypto/primitives.js';
import type { Epoch } from '../../src/pki/epoch.js';
import type { SphinxGeometry } from '../../src/sphinx/geometry.js';
import { createPacket } from '../../src/sphinx/packet.js';
import type { SphinxSuite } from '../../src/sphinx/suite.js';
import { unwrap, type Unwrapped, type UnwrapError } from '../../src/sphinx/unwrap.js';
import type { DropReason } from './drops.js';

export type UnwrapOutcome =
  | { readonly kind: 'unwrapped'; readonly epoch: Epoch; readonly opened: Unwrapped }
  | { readonly kind: 'refused'; readonly reason: DropReason };

/** A mix key as it is sent to a thread. */
export interface SecretOfEpoch {
  readonly epoch: Epoch;
  readonly secret: Uint8Array;
}

export type ToUnwrapThread =
  /** First of all; answered by `ready` once the thread is warm. */
  | { readonly kind: 'setup'; readonly geometry: SphinxGeometry }
  /** All living keys; the ones before are forgotten. */
  | { readonly kind: 'keys'; readonly keys: readonly SecretOfEpoch[] }
  | {
      readonly kind: 'unwrap';
      readonly id: number;
      readonly packet: Uint8Array;
      readonly epochs: readonly Epoch[];
    };

export type FromUnwrapThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly id: number; readonly outcome: UnwrapOutcome };

/** Loaded keys by epoch. */
export type LoadedKeys = ReadonlyMap<Epoch, Scalar>;

/** Tries a packet on the keys of `epochs`, in their order. */
export const unwrapWith = (
  suite: SphinxSuite,
  keys: LoadedKeys,
  { packet, epochs }: { readonly packet: Uint8Array; readonly epochs: readonly Epoch[] },
): UnwrapOutcome => {
  let reason: DropReason = 'no-mix-key';
  for (const epoch of epochs) {
    const key = keys.get(epoch);
    if (!key) continue;
    const opened = unwrap(suite, packet, key);
    if (opened.isOk()) return { kind: 'unwrapped', epoch, opened: opened.value };
    reason = DROP_REASONS[opened.error.kind];
    // Anything but a wrong MAC is the same under every key, or was said by the right one.
    if (reason !== 'bad-mac') break;
  }
  return { kind: 'refused', reason };
};

const DROP_REASONS: Readonly<Record<UnwrapError['kind'], DropReason>> = {
  'too-short': 'bad-header',
  'bad-version': 'bad-header',
  'low-order-element': 'low-order-point',
  'bad-mac': 'bad-mac',
  'bad-commands': 'bad-commands',
  'bad-payload-tag': 'bad-payload-tag',
};

/** Unwrappings after which WebAssembly and JavaScript run at full speed. */
const WARM_UPS = 50;

/** Opens a packet of its own again and again, so that the first real ones meet compiled code. */
export const warmUp = (suite: SphinxSuite): void => {
  const { x25519 } = suite.primitives;
  // Any key will do: the packet never leaves this function.
  const key = x25519.scalar(new Uint8Array(32).fill(1));
  const path = [{ nodeId: new Uint8Array(32), mixKey: x25519.publicKey(key), commands: [] }];
  const payload = new Uint8Array(suite.geometry.payloadLength);
  const random = (length: number): Uint8Array => new Uint8Array(length).fill(2);
  const packet = createPacket(suite, { path, payload, random });
  if (packet.isErr()) return;
  for (let i = 0; i < WARM_UPS; i++) {
    if (unwrap(suite, packet.value, key).isErr()) return;
  }
};

const SLACK = 1024;

/**
 * The buffer under `bytes`, ready to be moved to another thread together with them. Bytes that are
 * a small part of something larger are copied first.
 */
export const movable = (bytes: Uint8Array): { bytes: Uint8Array; buffer: ArrayBuffer } => {
  const { buffer } = bytes;
  // Small results of node:crypto lie in a pool that nobody may move.
  if (buffer instanceof ArrayBuffer && buffer.byteLength - bytes.byteLength <= SLACK) {
    return { bytes, buffer };
  }
  const copy = new Uint8Array(bytes);
  return { bytes: copy, buffer: copy.buffer };
};
