import { okAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { makeHeaders, sendPacket, Window, type Target } from '../../../bench/relay/generator.js';
import { geometry, primitives, SINK } from '../../../bench/relay/world.js';
import { unwrap } from '../../../src/sphinx/unwrap.js';
import type { Command } from '../../../src/wire/commands.js';
import type { Session } from '../../../src/wire/contracts.js';
import { repeated } from '../../support/bytes.js';

const secret = primitives.x25519.scalar(repeated(5, 32));
const target: Target = {
  address: '',
  nodeId: repeated(6, 32),
  mixKey: primitives.x25519.publicKey(secret),
};
const delays = { leastMs: 3, mostMs: 4 };

const recorder = (): { readonly session: Session; readonly sent: Command[] } => {
  const sent: Command[] = [];
  const session: Session = {
    peer: { ad: new Uint8Array(0), publicKey: repeated(1, 32) },
    skewMs: undefined,
    send: (command) => {
      sent.push(command);
      return okAsync(undefined);
    },
    receive: () => {
      throw new Error('nothing comes back');
    },
    close: () => undefined,
    closed: new Promise(() => undefined),
  };
  return { session, sent };
};

describe('the generator', () => {
  it('makes packets that a mix forwards to the sink, no two with one replay tag', async () => {
    const { session, sent } = recorder();
    const headers = makeHeaders(target, 5, delays);
    for (const header of headers) await sendPacket(session, header);
    const opened = sent.map((command) => {
      if (command.kind !== 'send-packet') throw new Error(command.kind);
      return unwrap({ geometry, primitives }, command.packet, secret)._unsafeUnwrap();
    });
    for (const each of opened) {
      expect(each.kind === 'forward' && each.nextNodeId).toEqual(SINK.identity.ad);
      expect(each.kind === 'forward' && each.packet).toHaveLength(geometry.packetLength);
      const [delay] = each.commands;
      expect(delay?.kind === 'node-delay' && [3, 4].includes(delay.delayMs)).toBe(true);
    }
    expect(new Set(opened.map(({ replayTag }) => replayTag.join())).size).toBe(5);
  });

  it('never has more than the window under way', async () => {
    const { session, sent } = recorder();
    const window = new Window(3);
    const all = window.send(session, makeHeaders(target, 7, delays)).then(() => window.empty());
    for (const [atMost, arrived] of [
      [3, 2],
      [5, 5],
      [7, 7],
    ] as const) {
      await new Promise((resolve) => setImmediate(resolve));
      expect(sent).toHaveLength(atMost);
      window.received(arrived);
    }
    await all;
    expect(window.lost).toBe(0);
  });
});
