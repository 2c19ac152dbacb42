/**
 * What a provider and its plug-ins say to each other: CBOR maps in the bodies of HTTP.
 *
 * Source: the reference's cborplugin; the order of members in a request is its own.
 * @module
 */
import { decodeCborMap, encodeCbor } from '../../../src/pki/cbor.js';
import type { JsonMap } from '../../../src/pki/json.js';

export interface PluginRequest {
  /** Counts a process's requests. */
  readonly id: number;
  /** A whole body, its zero padding included. */
  readonly payload: Uint8Array;
  /** Whether an answer can be sent. */
  readonly hasSurb: boolean;
}

/** How the two kinds of questions are addressed. */
export const PAGES = { request: '/request', parameters: '/parameters' } as const;

export const encodePluginRequest = ({ id, payload, hasSurb }: PluginRequest): Uint8Array =>
  encodeCbor(
    new Map<string, number | Uint8Array | boolean>([
      ['ID', id],
      ['Payload', payload],
      ['HasSURB', hasSurb],
    ]),
  );

/**
 * Reads a plug-in's answer.
 *
 * @returns its payload; empty when it does not want to answer; `undefined` when it makes no sense
 */
export const decodePluginAnswer = (bytes: Uint8Array): Uint8Array | undefined => {
  const members = decodeCborMap(bytes);
  if (members === undefined) return undefined;
  const payload = members.get('Payload') ?? new Uint8Array(0);
  return payload instanceof Uint8Array ? payload : undefined;
};

/** Reads what a plug-in wants to be published of it: texts; `undefined` when there is more. */
export const decodePluginParameters = (bytes: Uint8Array): JsonMap | undefined => {
  const members = decodeCborMap(bytes);
  if (members === undefined) return undefined;
  const texts = new Map<string, string>();
  for (const [name, value] of members) {
    if (typeof value !== 'string' || name === '') return undefined;
    // Where it is reached is the operator's word.
    if (name !== 'endpoint') texts.set(name, value);
  }
  return texts;
};
