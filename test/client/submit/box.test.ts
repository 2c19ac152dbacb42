import fc from 'fast-check';
import { errAsync, okAsync, type ResultAsync } from 'neverthrow';
import { beforeEach, describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../../src/bytes/text.js';
import {
  type BoxDeps,
  newSubmissionName,
  putIntoBox,
  SubmitBox,
} from '../../../src/client/submit/box.js';
import {
  boxSecretOf,
  openSubmission,
  sealSubmission,
  type Submission,
} from '../../../src/client/submit/sealed.js';
import { keyPairOf } from '../../../src/client/keys.js';
import type { SendError, SendOptions } from '../../../src/client/types.js';
import { selectPrimitives } from '../../../src/crypto/select.js';
import { manualClock, memoryFiles, memoryLog, seededRandom } from '../../../src/io/memory.js';
import { repeated } from '../../support/bytes.js';

const primitives = selectPrimitives();
const random = seededRandom('submit box');
const KEY = repeated(7, 32);
const SECRET = boxSecretOf(primitives, KEY);
const PUBLIC = keyPairOf(primitives, SECRET).publicKey;
const deps = { primitives, random };

const MAIL: Submission = {
  account: 'alice@p1.test',
  to: ['bob@p2.test', 'zoë@p2.test'],
  mail: utf8('Subject: secret\r\n\r\nsecret\r\n'),
};

describe('a sealed submission', () => {
  it('comes back, and only with the secret', () => {
    const sealed = sealSubmission(deps, MAIL, PUBLIC);
    expect(openSubmission(deps, sealed, SECRET)._unsafeUnwrap()).toEqual(MAIL);
    expect(fromUtf8(sealed)).not.toContain('secret');
    expect(openSubmission(deps, sealed, boxSecretOf(primitives, repeated(8, 32))).isErr()).toBe(
      true,
    );
  });

  it('has one of few lengths', () => {
    const lengthOf = (length: number): number =>
      sealSubmission(deps, { ...MAIL, mail: new Uint8Array(length) }, PUBLIC).length;
    expect(lengthOf(1)).toBe(lengthOf(100));
    expect(lengthOf(20_000)).toBe(lengthOf(30_000));
    expect(lengthOf(2_000_000)).toBeGreaterThan(2_000_000);
  });

  it('is refused with any byte changed, cut or added, and never throws', () => {
    const sealed = sealSubmission(deps, MAIL, PUBLIC);
    for (let at = 0; at < sealed.length; at += 3) {
      const changed = sealed.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(openSubmission(deps, changed, SECRET).isErr(), `byte ${at}`).toBe(true);
      expect(openSubmission(deps, sealed.subarray(0, at), SECRET).isErr()).toBe(true);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(openSubmission(deps, bytes, SECRET).isErr()).toBe(true);
      }),
    );
  });
});

interface Rig extends BoxDeps {
  readonly sent: SendOptions[];
  answer: () => ResultAsync<void, SendError>;
}

const makeRig = (): Rig => {
  const clock = manualClock();
  const rig: Rig = {
    ...deps,
    clock,
    files: memoryFiles(),
    log: memoryLog({ clock }),
    dataDir: '/data',
    storageKey: KEY,
    sent: [],
    answer: () => okAsync(undefined),
    send: (options) => rig.answer().map(() => void rig.sent.push(options)),
  };
  return rig;
};

let rig: Rig;
beforeEach(async () => {
  rig = makeRig();
  (await rig.files.makeDirectory('/data'))._unsafeUnwrap();
});
const put = async (name = newSubmissionName(deps)): Promise<string> => {
  (await putIntoBox(rig, name, MAIL))._unsafeUnwrap();
  return name;
};
const inBox = async (directory = '/data/submit'): Promise<readonly string[]> =>
  (await rig.files.list(directory))._unsafeUnwrap();

describe('the submit box', () => {
  it('is there when somebody has opened the stores', async () => {
    const name = newSubmissionName(deps);
    expect((await putIntoBox(rig, name, MAIL))._unsafeUnwrapErr()).toEqual({ kind: 'no-box' });
    await SubmitBox.open(rig);
    expect((await putIntoBox(rig, name, MAIL)).isOk()).toBe(true);
    (await rig.files.write('/data/submit.public.pem', utf8('rubbish')))._unsafeUnwrap();
    expect((await putIntoBox(rig, name, MAIL))._unsafeUnwrapErr()).toEqual({ kind: 'no-box' });
    await SubmitBox.open(rig);
    expect((await putIntoBox(rig, name, MAIL)).isOk()).toBe(true);
  });

  it('hands each mail in by a name of its own, and forgets it then', async () => {
    const box = await SubmitBox.open(rig);
    const [first, second] = [await put(), await put()].sort();
    await box.takeAll();
    expect(rig.sent.map(({ once }) => once)).toEqual([
      `submission ${first}`,
      `submission ${second}`,
    ]);
    expect(rig.sent[0]).toEqual({
      ...MAIL,
      badRecipients: 'report-all',
      once: `submission ${first}`,
    });
    expect(await inBox()).toEqual([]);
    await box.takeAll();
    expect(rig.sent).toHaveLength(2);
  });

  it('keeps a mail for as long as it cannot be stored', async () => {
    const box = await SubmitBox.open(rig);
    await put();
    for (const kind of ['store-full', 'closed'] as const) {
      rig.answer = () => errAsync({ kind });
      await box.takeAll();
    }
    rig.answer = () => errAsync({ kind: 'unknown-account', account: 'alice@p1.test' });
    await box.takeAll();
    expect(await inBox()).toHaveLength(1);
    rig.answer = () => okAsync(undefined);
    await box.takeAll();
    expect([rig.sent.length, await inBox()]).toEqual([1, []]);
  });

  it('puts aside what is no mail of ours, or can never be sent', async () => {
    const box = await SubmitBox.open(rig);
    const name = await put();
    rig.answer = () => errAsync({ kind: 'forbidden-header', header: 'X-Katzenpost-Sender' });
    (await rig.files.write('/data/submit/rubbish', utf8('x')))._unsafeUnwrap();
    (
      await rig.files.write(`/data/submit/${'0'.repeat(32)}.mail`, repeated(1, 300))
    )._unsafeUnwrap();
    await box.takeAll();
    expect(await inBox()).toEqual([]);
    expect(await inBox('/data/submit/refused')).toEqual(
      [`${'0'.repeat(32)}.mail`, `${name}.mail`, 'rubbish'].sort(),
    );
    expect(rig.sent).toEqual([]);
  });

  it('looks now and then while the client is open', async () => {
    const clock = manualClock();
    rig = { ...rig, clock };
    const box = await SubmitBox.open(rig);
    const stop = new AbortController();
    const running = box.run(stop.signal);
    await clock.settled();
    await put();
    await clock.advance(31_000);
    expect(rig.sent).toHaveLength(1);
    stop.abort();
    await running;
  });
});
