import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/bytes/text.js';
import { manualClock, memoryFiles, memoryLog } from '../../../src/io/memory.js';
import { epochStart, KATZENPOST_EPOCHS } from '../../../src/pki/epoch.js';
import { KATZENPOST_GEOMETRY } from '../../../src/sphinx/geometry.js';
import { Trials } from '../../../servers/node/trials.js';
import { descriptorOf, primitives, readView, signedDescriptor } from '../../pki/support.js';

const NOW = 1000;
const view = readView(NOW, 1);
const LISTED = ['node101', 'node102', 'node11', 'node21', 'node31', 'node101', 'node102'];

const setUp = (self: number, tryNodes: readonly string[]) => {
  const clock = manualClock({ startMs: epochStart(KATZENPOST_EPOCHS, NOW) });
  const files = memoryFiles();
  const log = memoryLog();
  const trials = new Trials({
    clock,
    files,
    log,
    suite: { geometry: KATZENPOST_GEOMETRY, primitives },
    tuning: { tryNodes },
    identityKey: descriptorOf(self, NOW, 0).identityKey,
  });
  const put = async (path: string, bytes: Uint8Array): Promise<void> => {
    (await files.write(path, bytes))._unsafeUnwrap();
  };
  const neighbours = () => trials.neighbours(view).map(({ name }) => name);
  return { clock, files, log, trials, put, neighbours };
};

describe('mixes on trial', () => {
  it('are neighbours of a listed node, unless the document lists them', async () => {
    const { trials, put, neighbours } = setUp(11, ['/a', '/b', '/c']);
    await put('/a', signedDescriptor(77, NOW, 0));
    await put('/b', signedDescriptor(21, NOW, 0));
    await put('/c', utf8('/a\n'));
    expect(neighbours()).toEqual([]);
    await trials.refresh();
    expect(neighbours()).toEqual(['node77', 'node77']);
    expect(trials.names).toEqual(['node77', 'node21', 'node77']);
  });

  it('take every node for a neighbour', async () => {
    const { trials, put, neighbours } = setUp(77, ['/a']);
    await put('/a', signedDescriptor(77, NOW, 0));
    await trials.refresh();
    expect(neighbours()).toEqual(LISTED);
  });

  it('are none of a node that is neither listed nor on trial', async () => {
    const { trials, put, neighbours } = setUp(78, ['/a']);
    await put('/a', signedDescriptor(77, NOW, 0));
    await trials.refresh();
    expect(neighbours()).toEqual([]);
  });

  it('follow their files, and a bad one is told once', async () => {
    const { clock, files, log, trials, put, neighbours } = setUp(11, ['/a']);
    const told = () => log.lines.map((line) => line.replace(/^.*trial: /, ''));
    for (let i = 0; i < 3; i++) await trials.refresh();
    expect(told()).toEqual(['a mix cannot be tried problem=unreadable']);
    await put('/a', signedDescriptor(77, NOW, 0));
    for (let i = 0; i < 3; i++) await trials.refresh();
    expect(neighbours()).toEqual(['node77']);
    await clock.advance(5 * KATZENPOST_EPOCHS.periodMs);
    await trials.refresh();
    expect(neighbours()).toEqual([]);
    await put('/a', signedDescriptor(77, NOW + 5, 255));
    await trials.refresh();
    await put('/a', utf8('garbage'));
    await trials.refresh();
    (await files.remove('/a'))._unsafeUnwrap();
    await trials.refresh();
    expect(neighbours()).toEqual([]);
    expect(told().slice(1)).toEqual([
      'a mix is on trial',
      'a mix cannot be tried problem=expired',
      'a mix cannot be tried problem=provider',
      'a mix cannot be tried problem=no-descriptor',
      'a mix cannot be tried problem=unreadable',
    ]);
  });
});
