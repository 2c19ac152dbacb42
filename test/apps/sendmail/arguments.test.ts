import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readArguments, type Arguments } from '../../../apps/sendmail/arguments.js';

const NOTHING: Arguments = {
  mode: 'send',
  ignoresDots: false,
  readsRecipients: false,
  sender: undefined,
  fullName: undefined,
  config: undefined,
  recipients: [],
};
const read = (line: string) => readArguments(line.split(' ').filter((word) => word !== ''));

describe('the command line of sendmail', () => {
  it.each<[string, Partial<Arguments>]>([
    ['', {}],
    ['a@x b@y', { recipients: ['a@x', 'b@y'] }],
    ['-t', { readsRecipients: true }],
    ['-ti', { readsRecipients: true, ignoresDots: true }],
    ['-oi -odb -oem', { ignoresDots: true }],
    ['-o i', { ignoresDots: true }],
    ['-odi -oem -i', { ignoresDots: true }],
    ['-f a@x b@y', { sender: 'a@x', recipients: ['b@y'] }],
    ['-fa@x', { sender: 'a@x' }],
    ['-r a@x -f b@y', { sender: 'b@y' }],
    ['-itf a@x', { sender: 'a@x', ignoresDots: true, readsRecipients: true }],
    [
      '-FCronDaemon -i -B8BITMIME -oem root',
      { fullName: 'CronDaemon', ignoresDots: true, recipients: ['root'] },
    ],
    ['-C /c.toml -N never -R hdrs', { config: '/c.toml' }],
    ['-bp', { mode: 'queue' }],
    ['-b s', { mode: 'dialogue' }],
    ['-bm -v -U -G -n -m a@x', { recipients: ['a@x'] }],
    ['-q30m -d0.1 a@x', { recipients: ['a@x'] }],
    ['-i -- -t a@x', { ignoresDots: true, recipients: ['-t', 'a@x'] }],
    ['a@x -t', { readsRecipients: true, recipients: ['a@x'] }],
    ['-', { recipients: ['-'] }],
  ])('%s', (line, wanted) => {
    expect(read(line)._unsafeUnwrap()).toEqual({ ...NOTHING, ...wanted });
  });

  it.each([
    ['-z', '-z'],
    ['-tZ', '-Z'],
    ['--help', '--'],
    ['-f', '-f'],
    ['-bd', '-bd'],
    ['-bconstructor', '-bconstructor'],
  ])('refuses %s', (line, option) => {
    expect(read(line)._unsafeUnwrapErr()).toMatchObject({ kind: 'usage', option });
  });

  it('takes any words without throwing', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string(),
            fc.string().map((text) => `-${text}`),
          ),
        ),
        (words) => {
          readArguments(words).match(
            ({ recipients }) => expect(recipients.length).toBeLessThanOrEqual(words.length),
            ({ kind }) => expect(kind).toBe('usage'),
          );
        },
      ),
    );
  });
});
