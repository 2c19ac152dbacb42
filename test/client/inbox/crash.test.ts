import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/bytes/text.js';
import { PARTIALS } from '../../../src/client/inbox/records.js';
import { shuffled, uniformInt } from '../../../src/crypto/sample.js';
import { seededRandom } from '../../../src/io/memory.js';
import { splitMail } from '../../../src/mail/header.js';
import { ALICE, mailOf, makeRig, MALLORY, partCount, sealMail } from './rig.js';

const LENGTHS = [0, 100, 200, 450, 1200];
const bodies = (mails: readonly Uint8Array[]): string[] =>
  mails.map((mail) => toHex(splitMail(mail).body)).sort();

describe('the inbox over crashes and restarts', () => {
  it('delivers each mail once, whatever the order, the repetitions and the restarts', async () => {
    const mails = LENGTHS.map((length) => mailOf(length));
    const sealed = mails.flatMap((mail, at) => sealMail(mail, { from: at % 2 ? ALICE : MALLORY }));
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const random = seededRandom(seed);
        const rig = await makeRig();
        const order = shuffled(random, [...sealed, ...sealed, ...sealed.slice(3)]);
        for (const block of order) {
          const accepted = rig.inbox.accept(block);
          const choice = uniformInt(random, 4);
          // Not waited for: the block may be lost, but then nobody was told that it is safe.
          if (choice === 3) {
            await rig.crash();
            await rig.accept(block);
            continue;
          }
          (await accepted)._unsafeUnwrap();
          if (choice === 1) await rig.reopen();
          if (choice === 2) await rig.crash();
        }
        expect(bodies(await rig.mails())).toEqual(bodies(mails));
        expect([rig.inbox.fragments, await rig.records(PARTIALS)]).toEqual([0, 0]);
        const ids = rig.inbox
          .list('inbox')
          ._unsafeUnwrap()
          .map(({ id }) => id);
        (await rig.inbox.done('inbox', ids))._unsafeUnwrap();
        await rig.crash();
        expect([rig.inbox.count, await partCount(rig)]).toEqual([0, 0]);
      }),
      { numRuns: 25 },
    );
  });

  it('takes blocks handed in all at once', async () => {
    const rig = await makeRig();
    const mails = LENGTHS.map((length) => mailOf(length));
    const sealed = mails.flatMap((mail) => sealMail(mail));
    await Promise.all([...sealed, ...sealed].map((block) => rig.inbox.accept(block)));
    expect(bodies(await rig.mails())).toEqual(bodies(mails));
    expect(rig.inbox.fragments).toBe(0);
  });

  it('changes nothing in memory when a commit fails, and takes the block later', async () => {
    const rig = await makeRig();
    const mail = mailOf(1000);
    for (const block of sealMail(mail)) {
      rig.stores.failCommits({ kind: 'store-full' });
      expect((await rig.inbox.accept(block))._unsafeUnwrapErr()).toEqual({ kind: 'store-full' });
      rig.stores.failCommits(undefined);
      await rig.accept(block);
    }
    expect(bodies(await rig.mails())).toEqual(bodies([mail]));
    rig.stores.failCommits({ kind: 'store-full' });
    const [entry] = rig.inbox.list('inbox')._unsafeUnwrap();
    expect((await rig.inbox.done('inbox', [entry?.id ?? ''])).isErr()).toBe(true);
    rig.stores.failCommits(undefined);
    expect(bodies(await rig.mails())).toEqual(bodies([mail]));
  });
});
