/** What people read of a running part. */
import { expect, it } from 'vitest';
import { statusLines } from '../../../apps/cli/commands/node/lines.js';

const firstLine = (facts: Parameters<typeof statusLines>[0]): string | undefined =>
  statusLines({ role: 'mix', pid: 7, epoch: 9, ...facts })[0];

it.each([
  [{ document: 'current', inDocument: true }, 'in the document'],
  [{ document: 'current', inDocument: false }, 'not in the document'],
  [{ document: 'stale', inDocument: false }, 'the document is stale'],
  [{ document: 'missing', inDocument: false }, 'no document'],
  [{ hasDocument: true }, 'has its document'],
  [{ hasDocument: false }, 'no document yet'],
])('%j is told as: %s', (facts, text) => {
  expect(firstLine(facts)).toBe(`mix: process 7, epoch 9, ${text}`);
});
