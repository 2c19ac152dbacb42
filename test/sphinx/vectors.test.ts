import { describe, expect, it } from 'vitest';
import { concat } from '../../src/bytes/writer.js';
import { encodeCommand, type RoutingCommand } from '../../src/sphinx/commands.js';
import {
  KATZENPOST_GEOMETRY,
  smallGeometry,
  TODAY_GEOMETRY,
  type SphinxGeometry,
} from '../../src/sphinx/geometry.js';
import type { PathHop } from '../../src/sphinx/header.js';
import { createPacket } from '../../src/sphinx/packet.js';
import { decodePlaintext, encodePlaintext } from '../../src/sphinx/plaintext.js';
import type { SphinxSuite } from '../../src/sphinx/suite.js';
import { createSurb, openReply, useSurb } from '../../src/sphinx/surb.js';
import { unwrap } from '../../src/sphinx/unwrap.js';
import {
  countingRandom,
  hex,
  pattern,
  recordedRandom,
  repeated,
  sha256,
  toHex,
} from '../support/bytes.js';
import { referenceVectors, upstreamVectors } from '../support/vectors.js';
import {
  bothPrimitives,
  commandsOf,
  like,
  pathOf,
  type Expected,
  type VectorHop,
  type VectorUnwrap,
} from './support.js';

interface ForwardVector {
  readonly packet: Expected;
  readonly path: readonly VectorHop[];
  readonly payload: string;
  readonly random: readonly string[];
  readonly random_routing_padding?: readonly string[];
  readonly unwrap: readonly VectorUnwrap[];
}

interface SurbVector extends ForwardVector {
  readonly first_hop: string;
  readonly surb: string;
  readonly surb_keys: string;
}

interface ClientVector {
  readonly packet: string;
  readonly packet_sha256: string;
  readonly forward_path: readonly VectorHop[];
  readonly reply_path: readonly VectorHop[];
  readonly random: readonly string[];
  readonly random_reply_routing_padding: readonly string[];
  readonly surb: string;
  readonly surb_keys: string;
  readonly user_payload: string;
  readonly unwrap: readonly HeaderUnwrap[];
  readonly ack_first_hop: string;
  readonly ack_packet_header: string;
  readonly ack_packet_sha256: string;
  readonly ack_unwrap: readonly HeaderUnwrap[];
}

interface HeaderUnwrap extends VectorUnwrap {
  readonly packet_after_header?: string;
  readonly packet_after_sha256?: string;
  readonly payload_sha256?: string;
}

interface UpstreamVector {
  readonly Nodes: readonly { readonly ID: string; readonly PrivateKey: string }[];
  readonly Path: readonly {
    readonly ID: string;
    readonly PublicKey: string;
    readonly Commands: readonly string[];
  }[];
  readonly Packets: readonly string[];
  readonly Payload: string;
  readonly Surb: string;
  readonly SurbKeys: string;
}

/** Walks a packet along its hops as the vector tells, and gives what the last one delivers. */
const walk = (
  suite: SphinxSuite,
  packet: Uint8Array,
  { path, steps }: { path: readonly VectorHop[]; steps: readonly HeaderUnwrap[] },
): Uint8Array => {
  const { x25519 } = suite.primitives;
  let current = packet;
  for (const [i, step] of steps.entries()) {
    const before = toHex(current);
    const opened = unwrap(suite, current, x25519.scalar(hex(path[i]?.private_key ?? '')));
    const hop = opened._unsafeUnwrap();
    expect(toHex(current)).toBe(before);
    expect(toHex(hop.replayTag)).toBe(step.replay_tag);
    const own = step.commands.filter(({ type }) => !type.startsWith('next'));
    expect(hop.commands.map((command) => toHex(encodeCommand(suite.geometry, command)))).toEqual(
      own.map(({ bytes }) => bytes),
    );
    if (hop.kind === 'terminal') {
      expect(i).toBe(steps.length - 1);
      return hop.payload;
    }
    expect(toHex(hop.nextNodeId)).toBe(path[i + 1]?.id);
    if (step.packet_after !== undefined) {
      expect(like(step.packet_after, hop.packet)).toEqual(step.packet_after);
    }
    if (step.packet_after_sha256 !== undefined) {
      expect(sha256(hop.packet)).toBe(step.packet_after_sha256);
      expect(toHex(hop.packet.subarray(0, suite.geometry.headerLength))).toBe(
        step.packet_after_header,
      );
    }
    current = hop.packet;
  }
  throw new Error('the packet was never delivered');
};

describe.each(bothPrimitives.map((primitives) => [primitives.name, primitives] as const))(
  'sphinx vectors with %s primitives',
  (_name, primitives) => {
    const suite: SphinxSuite = { geometry: KATZENPOST_GEOMETRY, primitives };

    const checkForward = (vector: ForwardVector): void => {
      const random = recordedRandom(...vector.random, ...(vector.random_routing_padding ?? []));
      const payload = hex(vector.payload);
      const packet = createPacket(suite, { path: pathOf(vector.path), payload, random });
      expect(like(vector.packet, packet._unsafeUnwrap())).toEqual(vector.packet);
      const delivered = walk(suite, packet._unsafeUnwrap(), {
        path: vector.path,
        steps: vector.unwrap,
      });
      expect(toHex(delivered)).toBe(vector.payload);
    };

    it.each(['sphinx_forward_small.json', 'sphinx_forward_real.json'])('%s', (name) => {
      checkForward(referenceVectors<ForwardVector>(name));
    });

    it('sphinx_short_paths.json: 1 to 5 hops', () => {
      const vectors = referenceVectors<readonly ForwardVector[]>('sphinx_short_paths.json');
      expect(vectors.length).toBe(5);
      vectors.forEach(checkForward);
    });

    it.each(['sphinx_surb_small.json', 'sphinx_surb_real.json'])('%s', (name) => {
      const vector = referenceVectors<SurbVector>(name);
      const path = pathOf(vector.path);
      const created = createSurb(suite, {
        path,
        random: recordedRandom(...vector.random),
      })._unsafeUnwrap();
      expect(toHex(created.surb)).toBe(vector.surb);
      expect(toHex(created.keys)).toBe(vector.surb_keys);
      const { packet, firstHop } = useSurb(
        suite,
        created.surb,
        hex(vector.payload),
      )._unsafeUnwrap();
      expect(toHex(firstHop)).toBe(vector.first_hop);
      expect(like(vector.packet, packet)).toEqual(vector.packet);
      const reply = walk(suite, packet, { path: vector.path, steps: vector.unwrap });
      const last = vector.unwrap.at(-1)?.payload;
      expect(like(last, reply)).toEqual(last);
      expect(toHex(openReply(suite, created.keys, reply)._unsafeUnwrap())).toBe(vector.payload);
    });

    it('sphinx_client_packet.json: what a client sends, and its acknowledgement', () => {
      const vector = referenceVectors<ClientVector>('sphinx_client_packet.json');
      const [key = '', replySecret = '', forwardSecret = ''] = vector.random;
      const created = createSurb(suite, {
        path: pathOf(vector.reply_path),
        random: recordedRandom(key, replySecret, ...vector.random_reply_routing_padding),
      })._unsafeUnwrap();
      expect(toHex(created.surb)).toBe(vector.surb);
      const body = hex(vector.user_payload);
      const payload = encodePlaintext(suite.geometry, {
        kind: 'with-surb',
        surb: created.surb,
        body,
      });
      const path = pathOf(vector.forward_path);
      const random = recordedRandom(forwardSecret);
      const packet = createPacket(suite, { path, payload, random })._unsafeUnwrap();
      expect(toHex(packet)).toBe(vector.packet);
      const delivered = walk(suite, packet, { path: vector.forward_path, steps: vector.unwrap });
      expect(sha256(delivered)).toBe(vector.unwrap.at(-1)?.payload_sha256);
      const plaintext = decodePlaintext(suite.geometry, delivered)._unsafeUnwrap();
      expect(plaintext).toEqual({ kind: 'with-surb', surb: created.surb, body });
      const zeros = new Uint8Array(suite.geometry.payloadLength);
      const ack = useSurb(suite, created.surb, zeros)._unsafeUnwrap();
      expect(toHex(ack.firstHop)).toBe(vector.ack_first_hop);
      expect(sha256(ack.packet)).toBe(vector.ack_packet_sha256);
      expect(toHex(ack.packet.subarray(0, suite.geometry.headerLength))).toBe(
        vector.ack_packet_header,
      );
      const reply = walk(suite, ack.packet, { path: vector.reply_path, steps: vector.ack_unwrap });
      expect(sha256(reply)).toBe(vector.ack_unwrap.at(-1)?.payload_sha256);
      expect(openReply(suite, hex(vector.surb_keys), reply)._unsafeUnwrap()).toEqual(zeros);
    });

    const upstream: readonly (readonly [string, SphinxGeometry])[] = [
      ['core_sphinx_vectors.json', KATZENPOST_GEOMETRY],
      ['today_sphinx_vectors.json', TODAY_GEOMETRY],
    ];
    for (const [name, geometry] of upstream) {
      const vectors = upstreamVectors<readonly UpstreamVector[]>(name);
      it.skipIf(!vectors)(`${name}: every hop of ten packets`, () => {
        const profile = { geometry, primitives };
        for (const vector of vectors ?? []) walkUpstream(profile, vector);
      });
    }

    const walkUpstream = (profile: SphinxSuite, vector: UpstreamVector): void => {
      const steps = vector.Nodes.length;
      let current = hex(vector.Packets[0] ?? '');
      for (const [i, node] of vector.Nodes.entries()) {
        const key = primitives.x25519.scalar(hex(node.PrivateKey));
        const hop = unwrap(profile, current, key)._unsafeUnwrap();
        const expected = commandsOf(profile.geometry, vector.Path[i]?.Commands ?? []);
        expect(hop.commands).toEqual(expected);
        if (hop.kind === 'forward') {
          expect(toHex(hop.packet)).toBe(vector.Packets[i + 1]);
          expect(toHex(hop.nextNodeId)).toBe(vector.Nodes[i + 1]?.ID);
          current = hop.packet;
          continue;
        }
        expect(i).toBe(steps - 1);
        const opened =
          vector.SurbKeys === ''
            ? hop.payload
            : openReply(profile, hex(vector.SurbKeys), hop.payload)._unsafeUnwrap();
        expect(toHex(opened)).toBe(vector.Payload);
      }
      if (vector.Surb === '') return;
      const remade = useSurb(profile, hex(vector.Surb), hex(vector.Payload))._unsafeUnwrap();
      expect(toHex(remade.packet)).toBe(vector.Packets[0]);
      expect(toHex(remade.firstHop)).toBe(vector.Nodes[0]?.ID);
    };

    it('the worked forward packet and SURB of five hops', () => {
      const delays = [1000, 1001, 1002, 1003];
      const alice = new TextEncoder().encode('alice');
      const hop = (i: number, commands: readonly RoutingCommand[]): PathHop => ({
        nodeId: repeated(0xa0 + i, 32),
        mixKey: primitives.x25519.publicKey(primitives.x25519.scalar(repeated(0x11 * (i + 1), 32))),
        commands,
      });
      const ways = delays.map((delayMs, i) => hop(i, [{ kind: 'node-delay', delayMs }]));
      const recipient = {
        kind: 'recipient',
        recipient: concat(alice, new Uint8Array(59)),
      } as const;
      const forward = createPacket(suite, {
        path: [...ways, hop(4, [{ kind: 'node-delay', delayMs: 1004 }, recipient])],
        payload: pattern(51_200),
        random: countingRandom(1),
      })._unsafeUnwrap();
      expect(sha256(forward)).toBe(
        'be36e7a82e477ad176a030cbc5ae339d775de8a55b96efddec69e23dd011bd7b',
      );
      const surbId = Uint8Array.from({ length: 16 }, (_, i) => 0xc0 + i);
      const { surb, keys } = createSurb(suite, {
        path: [...ways, hop(4, [recipient, { kind: 'surb-reply', surbId }])],
        random: countingRandom(1),
      })._unsafeUnwrap();
      expect(sha256(keys)).toBe('4aeea71ab3091809dedab6a6cd64748f64a23702c3f6c69ffcafc360b4bffe9d');
      const { packet } = useSurb(suite, surb, pattern(51_200))._unsafeUnwrap();
      expect(sha256(packet)).toBe(
        'c62fbd0502224fdf7621f086778eae578093a6e9bf8c0f1441a145486648e943',
      );
      const after = [
        'b14872af5c4acb93108c241685217bdfe829280d70f6fe8cb5d9fd16ec0beabe',
        '43193049d261bec9033529d792ae5cded560de6f9ceee287456508aeed73cbd4',
        '294f2b5971c5ec2302a8ad91d9374db8c6c7c8ac27b0328bc3c53fa1d507683b',
        'a913bc63afbbf57e622ef5b45ef94104a2e40f470f2f5c377f68ec988e7a902e',
      ];
      let current = forward;
      for (const [i, digest] of after.entries()) {
        const step = unwrap(
          suite,
          current,
          primitives.x25519.scalar(repeated(0x11 * (i + 1), 32)),
        )._unsafeUnwrap();
        if (step.kind !== 'forward') throw new Error('ended early');
        expect(sha256(step.packet)).toBe(digest);
        current = step.packet;
      }
      const end = unwrap(
        suite,
        current,
        primitives.x25519.scalar(repeated(0x55, 32)),
      )._unsafeUnwrap();
      expect(end.kind === 'terminal' && toHex(end.payload)).toBe(toHex(pattern(51_200)));
      expect(toHex(end.replayTag)).toBe(
        '83c732df5ad53be37b004edc39effc255699028b9ff707989006702cf3b1acd3',
      );
    });
  },
);

interface CommandVector {
  readonly NextHopID: string;
  readonly NextHopMAC: string;
  readonly NextHopCmdWant: string;
  readonly RecipientID: string;
  readonly RecipientCmdWant: string;
  readonly SURBReplyID: string;
  readonly SURBReplyCmdWant: string;
  readonly NodeDelay: number;
  readonly NodeDelayCmdWant: string;
}

describe('routing command vectors', () => {
  const files: readonly (readonly [string, SphinxGeometry])[] = [
    ['core_sphinx_commands_vectors.json', smallGeometry(103)],
    ['today_sphinx_commands_vectors.json', TODAY_GEOMETRY],
  ];
  for (const [name, geometry] of files) {
    const vector = upstreamVectors<CommandVector>(name);
    it.skipIf(!vector)(name, () => {
      if (!vector) throw new Error('absent');
      const cases = [
        [
          { kind: 'next-node', nodeId: hex(vector.NextHopID), mac: hex(vector.NextHopMAC) },
          vector.NextHopCmdWant,
        ],
        [{ kind: 'recipient', recipient: hex(vector.RecipientID) }, vector.RecipientCmdWant],
        [{ kind: 'surb-reply', surbId: hex(vector.SURBReplyID) }, vector.SURBReplyCmdWant],
        [{ kind: 'node-delay', delayMs: vector.NodeDelay }, vector.NodeDelayCmdWant],
      ] as const;
      for (const [command, bytes] of cases) {
        expect(toHex(encodeCommand(geometry, command))).toBe(bytes);
        expect(commandsOf(geometry, [bytes])).toEqual([command]);
      }
    });
  }
});
