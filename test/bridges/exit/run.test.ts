import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  parseRetryPlan,
  runExit,
  type Advertised,
  type ExitResult,
  type RunningExit,
} from '../../../bridges/exit/index.js';
import { toHex } from '../../../src/bytes/text.js';
import { manualClock, memoryLog } from '../../../src/io/memory.js';
import { FakeClient } from '../../../testkit/fake-client.js';
import { eventually } from '../eventually.js';

const BOB = 'bob@p2.test';
const OK: ExitResult = { kind: 'ok' };
const RETRY: ExitResult = { kind: 'retry', reason: 'busy' };
const NEVER: ExitResult = { kind: 'no-retry', reason: 'no such box' };
const MINUTE_MS = 60_000;

let folder: string;
let failed: string;
let client: FakeClient;
let clock: ReturnType<typeof manualClock>;
let log: ReturnType<typeof memoryLog>;
let running: RunningExit[];
/** The bytes of each attempt, in hexadecimal. */
let attempts: string[];
/** What the next attempts answer, or throw; afterwards `ok`. */
let answers: (ExitResult | Promise<ExitResult> | Error)[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'exit-'));
  failed = join(folder, 'failed');
  client = new FakeClient({ accounts: [BOB], readers: ['exit-x'] });
  clock = manualClock();
  log = memoryLog({ clock });
  [running, attempts, answers] = [[], [], []];
});
afterEach(async () => {
  for (const each of running) await each.close();
  await rm(folder, { recursive: true });
});

const start = (advertised: Advertised = {}): RunningExit => {
  const exit = runExit({
    ...{ client, account: BOB, reader: 'exit-x', failed, clock, log },
    retry: parseRetryPlan('every 1 minute for 3 minutes')._unsafeUnwrap(),
    exit: {
      advertised,
      deliver: async ({ bytes }, signal) => {
        attempts.push(toHex(bytes));
        const over = new Promise<ExitResult>((resolve) => {
          signal.addEventListener('abort', () => resolve({ kind: 'retry', reason: 'aborted' }));
        });
        const answer = answers.shift() ?? OK;
        if (answer instanceof Error) throw answer;
        return Promise.race([answer, over]);
      },
    },
  });
  running.push(exit);
  return exit;
};

const deliver = (text: string): string => {
  const mail = `Subject: ${text}\r\n\r\n${text}\r\n`;
  client.deliver(BOB, mail);
  return Buffer.from(mail).toString('hex');
};

/** What has been set aside, with LF. */
const setAside = async (): Promise<readonly string[]> => {
  const names = await readdir(join(failed, 'new')).catch(() => []);
  return Promise.all(names.map((name) => readFile(join(failed, 'new', name), 'utf8')));
};

describe('a running exit', () => {
  it('hands over what came before and what comes, and is done with each', async () => {
    const [before, after] = [deliver('before'), (start(), deliver('after'))];
    await eventually(() => attempts).toEqual([before, after]);
    await eventually(() => client.kept).toEqual([]);
    expect(await setAside()).toEqual([]);
  });

  it('tries a mail again by its plan, keeps it until then, and holds up no other', async () => {
    answers = [RETRY, OK, RETRY];
    const slow = deliver('slow');
    const quick = deliver('quick');
    start();
    await eventually(() => attempts).toEqual([slow, quick]);
    await eventually(() => client.kept.length).toBe(1);
    await clock.advance(MINUTE_MS - 1);
    expect(attempts.length).toBe(2);
    await clock.advance(1);
    await eventually(() => attempts).toEqual([slow, quick, slow]);
    expect(client.kept.length).toBe(1);
    await clock.advance(MINUTE_MS);
    await eventually(() => client.kept).toEqual([]);
    expect(attempts).toEqual([slow, quick, slow, slow]);
    expect(JSON.stringify(log.lines)).toMatch(/not be handed over yet.*busy/);
  });

  it('sets a mail aside that will never go on, says so, and goes on with the next', async () => {
    answers = [NEVER];
    deliver('bad');
    const good = deliver('good');
    start();
    await eventually(() => client.kept).toEqual([]);
    expect(attempts[1]).toBe(good);
    expect(await setAside()).toEqual(['Subject: bad\n\nbad\n']);
    const said = JSON.stringify(log.lines);
    expect(said).toMatch(/lies among what failed.*no such box/);
    expect(said).not.toMatch(/bob|Subject/);
  });

  it('tries again what a module has thrown up, and goes on', async () => {
    answers = [new Error('a mistake')];
    const [first, second] = [deliver('first'), deliver('second')];
    start();
    await eventually(() => attempts).toEqual([first, second]);
    await clock.advance(MINUTE_MS);
    await eventually(() => attempts).toEqual([first, second, first]);
    await eventually(() => client.kept).toEqual([]);
    expect(JSON.stringify(log.lines)).not.toContain('a mistake');
  });

  it('sets a mail aside after the last attempt of its plan', async () => {
    answers = [RETRY, RETRY, RETRY, RETRY];
    deliver('slow');
    start();
    for (let done = 1; done <= 4; done++) {
      await eventually(() => attempts.length).toBe(done);
      expect(client.kept.length).toBe(1);
      await clock.advance(MINUTE_MS);
    }
    await eventually(() => client.kept).toEqual([]);
    expect(attempts.length).toBe(4);
    expect(await setAside()).toEqual(['Subject: slow\n\nslow\n']);
  });

  it('keeps a mail that cannot be set aside until it can', async () => {
    await writeFile(failed, 'in the way');
    answers = [NEVER];
    deliver('bad');
    start();
    await eventually(() => JSON.stringify(log.lines)).toMatch(/delivered yet/);
    expect(client.kept.length).toBe(1);
    await rm(failed);
    await clock.advance(MINUTE_MS);
    await eventually(() => client.kept).toEqual([]);
    expect(await setAside()).toEqual(['Subject: bad\n\nbad\n']);
    expect(attempts.length).toBe(1);
  });

  it('hands nothing over twice because the inbox failed', async () => {
    client.failures.done = { kind: 'store-io', reason: 'disk' };
    deliver('once');
    start();
    await eventually(() => JSON.stringify(log.lines)).toMatch(/delivered yet/);
    client.failures.done = undefined;
    await clock.advance(MINUTE_MS);
    await eventually(() => client.kept).toEqual([]);
    expect(attempts.length).toBe(1);
  });

  it('waits for an inbox that cannot be read, as for the exit', async () => {
    answers = [RETRY];
    deliver('slow');
    start();
    await eventually(() => attempts.length).toBe(1);
    client.failures.read = { kind: 'store-io', reason: 'disk' };
    await clock.advance(MINUTE_MS);
    client.failures.read = undefined;
    await clock.advance(MINUTE_MS);
    await eventually(() => client.kept).toEqual([]);
    expect(attempts.length).toBe(2);
  });

  it('that is closed in the middle loses nothing: the next run hands the mail over', async () => {
    answers = [RETRY, new Promise(() => undefined)];
    const [slow, hanging] = [deliver('slow'), deliver('hanging')];
    const first = start();
    await eventually(() => attempts).toEqual([slow, hanging]);
    await first.close();
    expect(client.kept.length).toBe(2);
    expect(await setAside()).toEqual([]);
    start();
    await eventually(() => client.kept).toEqual([]);
    expect(attempts).toEqual([slow, hanging, slow, hanging]);
  });

  it('does not hand over what is larger than its exit says', async () => {
    start({ MaximumSize: 30 });
    deliver('a mail of more than thirty octets');
    await eventually(() => client.kept).toEqual([]);
    expect(attempts).toEqual([]);
    expect((await setAside()).length).toBe(1);
    expect(JSON.stringify(log.lines)).toMatch(/too large/);
  });
});
