import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RoutingCommand } from '../../../src/sphinx/commands.js';
import type { Unwrapped } from '../../../src/sphinx/unwrap.js';
import { classify, roleRefusal } from '../../../servers/node/hop.js';
import { repeated } from '../../support/bytes.js';

const arrival = { arrivedMs: 10, dwellMs: 2 };
const delay: RoutingCommand = { kind: 'node-delay', delayMs: 7 };
const recipient: RoutingCommand = { kind: 'recipient', recipient: repeated(1, 64) };
const surb: RoutingCommand = { kind: 'surb-reply', surbId: repeated(2, 16) };

const opened = (kind: Unwrapped['kind'], commands: readonly RoutingCommand[]): Unwrapped => {
  const common = { replayTag: repeated(3, 32), commands };
  return kind === 'forward'
    ? { kind, ...common, nextNodeId: repeated(4, 32), packet: repeated(5, 9) }
    : { kind, ...common, payload: repeated(6, 9) };
};

describe('the class of a packet', () => {
  it('is one of four, by what its commands are', () => {
    expect(classify(opened('forward', [delay]), arrival)._unsafeUnwrap()).toEqual({
      kind: 'forward',
      nextNodeId: repeated(4, 32),
      packet: repeated(5, 9),
      delayMs: 7,
      ...arrival,
    });
    const ends = { recipient: repeated(1, 64), payload: repeated(6, 9), arrivedMs: 10 };
    expect(classify(opened('terminal', [delay, recipient]), arrival)._unsafeUnwrap()).toEqual({
      kind: 'deliver',
      replyDelayMs: 7,
      ...ends,
    });
    expect(classify(opened('terminal', [recipient]), arrival)._unsafeUnwrap()).toEqual({
      kind: 'deliver-unreliable',
      ...ends,
    });
    expect(classify(opened('terminal', [recipient, surb]), arrival)._unsafeUnwrap()).toEqual({
      kind: 'surb-reply',
      surbId: repeated(2, 16),
      ...ends,
    });
  });

  it('is none for any other set of commands, in whatever order', () => {
    const good = ['forward node-delay', 'terminal node-delay,recipient'];
    good.push('terminal recipient', 'terminal recipient,surb-reply');
    const kinds = fc.constantFrom<Unwrapped['kind']>('forward', 'terminal');
    const commands = fc.array(fc.constantFrom(delay, recipient, surb), { maxLength: 4 });
    fc.assert(
      fc.property(kinds, commands, (kind, set) => {
        const name = `${kind} ${set
          .map((command) => command.kind)
          .sort()
          .join()}`;
        const result = classify(opened(kind, set), arrival);
        expect(result.isOk()).toBe(good.includes(name));
        if (result.isErr()) expect(result.error).toBe('bad-command-set');
      }),
    );
  });

  it('is taken or refused by the role and by who sent it', () => {
    expect(roleRefusal('mix', 'node', 'forward')).toBeUndefined();
    expect(roleRefusal('mix', 'node', 'surb-reply')).toBeUndefined();
    expect(roleRefusal('mix', 'node', 'deliver')).toBe('not-for-a-mix');
    expect(roleRefusal('mix', 'node', 'deliver-unreliable')).toBe('not-for-a-mix');
    expect(roleRefusal('provider', 'client', 'forward')).toBeUndefined();
    expect(roleRefusal('provider', 'node', 'forward')).toBe('must-terminate');
    for (const hop of ['deliver', 'deliver-unreliable', 'surb-reply'] as const) {
      expect(roleRefusal('provider', 'client', hop)).toBe('must-forward');
      expect(roleRefusal('provider', 'node', hop)).toBeUndefined();
    }
  });
});
