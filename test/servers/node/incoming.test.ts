import { errAsync, okAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../../src/wire/commands.js';
import type { Session } from '../../../src/wire/contracts.js';
import { IncomingConnection } from '../../../servers/node/incoming.js';
import type { ClientAnswer, ClientSession } from '../../../servers/node/role.js';

const PACKET = new Uint8Array(10);
const packet: Command = { kind: 'send-packet', packet: PACKET };
const retrieve: Command = { kind: 'retrieve-message', sequence: 0 };

/** A session that has said these commands and then ends. */
const scripted = (commands: readonly Command[]) => {
  const left = [...commands];
  const sent: Command[] = [];
  const session: Session = {
    peer: { ad: new Uint8Array(0), publicKey: new Uint8Array(32) },
    skewMs: undefined,
    receive: () => {
      const next = left.shift();
      return next ? okAsync(next) : errAsync({ kind: 'link-ended' });
    },
    send: (command) => {
      sent.push(command);
      return okAsync(undefined);
    },
    close: () => undefined,
    closed: Promise.resolve(),
  };
  return { session, sent, left };
};

const setUp = (commands: readonly Command[], client?: Partial<ClientSession>) => {
  const events: string[] = [];
  const { session, sent, left } = scripted(commands);
  const full: ClientSession = {
    answer: async () => ({ kind: 'silence' }),
    maySend: () => true,
    close: () => void events.push('closed'),
    ...client,
  };
  const connection = new IncomingConnection(
    {
      clock: { monotonic: () => 0 },
      packetLength: PACKET.length,
      admit: (_, source) => void events.push(`admit ${source}`),
      drop: (reason) => void events.push(`drop ${reason}`),
      count: (event) => void events.push(event),
    },
    session,
    { admitted: client ? { kind: 'client', client: full } : { kind: 'node' }, maySend: true },
  );
  return { connection, events, sent, left };
};

/** Counted whatever becomes of it. */
const CAME = 'packets.received';

describe('a node peer', () => {
  it('may send packets and NoOps', async () => {
    const { connection, events } = setUp([{ kind: 'no-op' }, packet, packet]);
    await connection.run();
    expect(events).toEqual([CAME, 'admit node', CAME, 'admit node']);
  });

  it('is read on while it may not send', async () => {
    const { connection, events } = setUp([packet, packet]);
    connection.maySend = false;
    await connection.run();
    expect(events).toEqual([CAME, 'drop may-not-send', CAME, 'drop may-not-send']);
  });

  it('is closed for a client command, a wrong size and at its wish', async () => {
    for (const [command, event] of [
      [retrieve, ['link.unexpected-command']],
      [{ kind: 'send-packet', packet: new Uint8Array(9) }, ['link.packet-size']],
      [{ kind: 'send-packet', packet: new Uint8Array(0) }, ['link.packet-size']],
      [{ kind: 'disconnect' }, []],
    ] as const) {
      const { connection, events, left, sent } = setUp([command, packet]);
      await connection.run();
      expect(events).toEqual(event);
      expect(left).toHaveLength(1);
      expect(sent).toEqual([]);
    }
  });
});

describe('a client', () => {
  const empty: Command = { kind: 'message-empty', sequence: 0 };

  it('gets what its role answers, one command at a time', async () => {
    const answers: ClientAnswer[] = [{ kind: 'reply', command: empty }, { kind: 'silence' }];
    const answer = async () =>
      answers.shift() ?? ({ kind: 'close', reason: 'bad-sequence' } as const);
    const { connection, events, sent, left } = setUp(
      [retrieve, retrieve, packet, retrieve, packet],
      { answer },
    );
    await connection.run();
    expect(sent).toEqual([empty]);
    expect(events).toEqual([CAME, 'admit client', 'link.bad-sequence', 'closed']);
    expect(left).toHaveLength(1);
  });

  it('is slowed down by dropping', async () => {
    let tokens = 1;
    const { connection, events } = setUp([packet, packet], { maySend: () => tokens-- > 0 });
    await connection.run();
    expect(events).toEqual([CAME, 'admit client', CAME, 'drop rate-limited', 'closed']);
  });
});
