import { describe, expect, it } from 'vitest';
import { EPOCH, MINUTE, PERIOD, world, type Answer } from './keeper-world.js';
import { documentOf } from './support.js';

describe('sources', () => {
  it('are asked in order, at once where the document is needed now', async () => {
    const { clock, questions, source, open } = world();
    const keeper = open([
      source('provider', () => 'not-found'),
      source('authority', (epoch) => documentOf(epoch)),
    ]);
    await clock.settled();
    expect(questions.map((question) => question.source)).toEqual(['provider', 'authority']);
    expect(keeper.view()?.epoch).toBe(EPOCH);
  });

  it('are passed over after two times "not found" for the next epoch', async () => {
    const { clock, questions, source, open } = world();
    open([
      source('provider', (epoch) => (epoch === EPOCH ? documentOf(epoch) : 'not-found')),
      source('authority', (epoch) => documentOf(epoch)),
    ]);
    await clock.advance(PERIOD - MINUTE);
    const asked = questions.slice(1);
    expect(asked.map((question) => question.source)).toEqual(['provider', 'provider', 'authority']);
    expect(asked.every(({ epoch }) => epoch === EPOCH + 1)).toBe(true);
  });

  it('are passed over at once in the last minute', async () => {
    const { clock, questions, source, open } = world(PERIOD - MINUTE + 1);
    open([
      source('provider', (epoch) => (epoch === EPOCH ? documentOf(epoch) : 'not-found')),
      source('authority', (epoch) => documentOf(epoch)),
    ]);
    await clock.settled();
    expect(questions.slice(1).map((question) => question.source)).toEqual([
      'provider',
      'authority',
    ]);
  });

  it.each<[string, Answer]>([
    ['corrupt', documentOf(EPOCH).slice(0, -1)],
    ['of another epoch', documentOf(EPOCH + 1)],
    ['missing for want of a session', 'not-connected'],
    ['gone', 'gone'],
  ])('cannot blind the client with a document that is %s', async (_, answer) => {
    const { clock, source, open } = world();
    const keeper = open([
      source('provider', () => answer),
      source('authority', (epoch) => documentOf(epoch)),
    ]);
    await clock.settled();
    expect(keeper.view()?.epoch).toBe(EPOCH);
    expect(keeper.isGone(EPOCH)).toBe(false);
  });

  it('have half a minute to answer where there is another', async () => {
    const { clock, questions, source, open } = world();
    const keeper = open([
      source('provider', () => 'silence'),
      source('authority', (epoch) => documentOf(epoch)),
    ]);
    await clock.advance(30_000);
    expect(keeper.view()?.epoch).toBe(EPOCH);
    expect(questions.map(({ atMs }) => atMs)).toEqual([0, 30_000]);
  });

  it('say aloud when they give a bad document', async () => {
    const { clock, log, source, open } = world();
    open([source('provider', () => documentOf(EPOCH + 1))]);
    await clock.settled();
    expect(log.lines.join('\n')).toContain('wrong-epoch');
  });
});

describe('an epoch without a document', () => {
  it('is known as gone, asked for seldom, and over with the next one', async () => {
    const { clock, questions, source, open } = world();
    const keeper = open([source('authority', (e) => (e === EPOCH ? 'gone' : documentOf(e)))]);
    await clock.settled();
    expect(keeper.isGone(EPOCH)).toBe(true);
    await clock.advance(PERIOD * (7 / 8) - 1);
    expect(questions.length).toBeGreaterThan(2);
    expect(questions.length).toBeLessThan(9);
    await clock.advance(PERIOD / 8 + 1);
    expect(keeper.view()?.epoch).toBe(EPOCH + 1);
    expect(keeper.isGone(EPOCH)).toBe(false);
  });

  it('is not gone as long as the authority expects one', async () => {
    const { clock, source, open } = world();
    const keeper = open([source('provider', () => 'gone'), source('authority', () => 'not-found')]);
    await clock.advance(MINUTE);
    expect(keeper.isGone(EPOCH)).toBe(false);
  });
});
