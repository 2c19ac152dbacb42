import { describe, expect, it } from 'vitest';
import { KATZENPOST_GEOMETRY } from '../../src/sphinx/geometry.js';
import { decodeCommand, encodeCommand, type Command } from '../../src/wire/commands.js';
import { hex, toHex } from '../support/bytes.js';
import { upstreamVectors } from '../support/vectors.js';

interface UpstreamCommands {
  readonly NoOp: string;
  readonly Disconnect: string;
  readonly SendPacket: string;
  readonly SendPacketPayload: string;
  readonly RetrieveMessage: string;
  readonly RetrieveMessageSeq: number;
  readonly MessageEmpty: string;
  readonly MessageEmptySeq: number;
  readonly Message: string;
  readonly MessageHint: number;
  readonly MessageSeq: number;
  readonly MessagePayload: string;
  readonly MessageAck: string;
  readonly MessageAckHint: number;
  readonly MessageAckSeq: number;
  readonly MessageAckPayload: string;
  readonly GetConsensus: string;
  readonly GetConsensusEpoch: number;
  readonly Consensus: string;
  readonly ConsensusErrorCode: number;
  readonly ConsensusPayload: string;
}

const upstream = upstreamVectors<UpstreamCommands>('core_wire_commands_vectors.json');

const upstreamCommands = (from: UpstreamCommands): readonly (readonly [Command, string])[] => [
  [{ kind: 'no-op' }, from.NoOp],
  [{ kind: 'disconnect' }, from.Disconnect],
  [{ kind: 'send-packet', packet: hex(from.SendPacketPayload) }, from.SendPacket],
  [{ kind: 'retrieve-message', sequence: from.RetrieveMessageSeq }, from.RetrieveMessage],
  [{ kind: 'message-empty', sequence: from.MessageEmptySeq }, from.MessageEmpty],
  [
    {
      kind: 'message',
      hint: from.MessageHint,
      sequence: from.MessageSeq,
      payload: hex(from.MessagePayload),
    },
    from.Message,
  ],
  [
    {
      kind: 'message-ack',
      hint: from.MessageAckHint,
      sequence: from.MessageAckSeq,
      surbId: new Uint8Array(16),
      payload: hex(from.MessageAckPayload),
    },
    from.MessageAck,
  ],
  [{ kind: 'get-consensus', epoch: from.GetConsensusEpoch }, from.GetConsensus],
  [
    {
      kind: 'consensus',
      code: from.ConsensusErrorCode,
      document: hex(from.ConsensusPayload),
    },
    from.Consensus,
  ],
];

describe('upstream vectors', () => {
  it.skipIf(!upstream)('are written and read alike', () => {
    for (const [command, wire] of upstream ? upstreamCommands(upstream) : []) {
      expect(toHex(encodeCommand(KATZENPOST_GEOMETRY, command))).toBe(wire);
      expect(decodeCommand(KATZENPOST_GEOMETRY, hex(wire))._unsafeUnwrap()).toEqual(command);
    }
  });
});
