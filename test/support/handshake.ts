/** The recorded handshake of the reference, and one end of ours to play it to. */
import { duplexPair } from '../../src/io/memory.js';
import { KATZENPOST_GEOMETRY } from '../../src/sphinx/geometry.js';
import type { LinkIdentity } from '../../src/wire/contracts.js';
import { LinkStream } from '../../src/wire/stream.js';
import { hex } from './bytes.js';
import { bareEnd, linkDeps } from './link.js';
import { referenceVectors } from './vectors.js';

interface Party {
  readonly additional_data: string;
  readonly static_private: string;
  readonly static_public: string;
  readonly random_reads: readonly string[];
}

interface HandshakeVectors {
  readonly initiator: Party;
  readonly responder: Party;
  readonly responder_auth_plaintext: string;
  readonly handshake_trace: readonly {
    readonly token: string;
    readonly h: string;
    readonly ck: string;
    readonly k?: string;
    readonly n?: number;
  }[];
  readonly split: {
    readonly initiator_to_responder_key: string;
    readonly responder_to_initiator_key: string;
  };
  readonly rekey: readonly {
    readonly i2r_key: string;
    readonly i2r_nonce: number;
    readonly r2i_key: string;
    readonly r2i_nonce: number;
  }[];
  readonly transcript: readonly {
    readonly from: 'initiator' | 'responder';
    readonly bytes: string;
    readonly command?: string;
  }[];
}

export const vectors = referenceVectors<HandshakeVectors>('wire_handshake_v1.json');
export const [first = '', second = '', third = ''] = vectors.transcript.map(({ bytes }) => bytes);
/** Unix time, seconds. */
export const responderTime = Number.parseInt(vectors.responder_auth_plaintext.slice(-8), 16);

export const identityOf = (party: Party): LinkIdentity => ({
  ad: hex(party.additional_data),
  secretKey: hex(party.static_private),
});

export const setting = (given: Parameters<typeof linkDeps>[0]) => {
  const [near, far] = duplexPair();
  const deps = linkDeps({ geometry: KATZENPOST_GEOMETRY, ...given });
  return { deps, stream: new LinkStream(near, deps.clock), peer: bareEnd(far, deps.clock) };
};
