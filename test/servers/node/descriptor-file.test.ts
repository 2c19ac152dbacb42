import { expect, it } from 'vitest';
import { writeDescriptor } from '../../../servers/node/descriptor-file.js';
import { fromUtf8, utf8 } from '../../../src/bytes/text.js';
import { memoryIo } from '../../../src/io/memory.js';

it('is the newest one alone, where current-desc says', async () => {
  const { files } = memoryIo({ seed: 'descriptor' });
  const read = async (path: string): Promise<string> =>
    fromUtf8((await files.read(path))._unsafeUnwrap());
  (await files.makeDirectory('/n'))._unsafeUnwrap();
  (await files.write('/n/documents', utf8('another file')))._unsafeUnwrap();
  for (const epoch of [7, 8]) {
    const raw = utf8(`signed for ${epoch}`);
    (await writeDescriptor(files, '/n', { epoch, raw }))._unsafeUnwrap();
    const path = (await read('/n/current-desc')).trim();
    expect(await read(path)).toBe(`signed for ${epoch}`);
    expect((await files.list('/n'))._unsafeUnwrap()).toEqual([
      'current-desc',
      `descriptor.${epoch}`,
      'documents',
    ]);
  }
});
