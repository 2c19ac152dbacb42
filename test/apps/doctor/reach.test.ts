import { afterEach, describe, expect, it } from 'vitest';
import { diagnose } from '../../../apps/doctor/sentences.js';
import { lookAtNetwork, lookAtProvider, type ReachWorld } from '../../../apps/doctor/reach.js';
import type { Finding } from '../../../apps/doctor/finding.js';
import { encodePem, PEM_KEYS } from '../../../src/bytes/pem.js';
import { utf8 } from '../../../src/bytes/text.js';
import { planAccounts, type AccountPlan } from '../../../src/client/account/plan.js';
import { selectPrimitives } from '../../../src/crypto/select.js';
import { KATZENPOST_EPOCHS, type EpochTime, type MixClientConfig } from '../../../src/index.js';
import { openTestWorld, type TestWorld } from '../../../testkit/world.js';
import { repeated } from '../../support/bytes.js';

const ALICE = 'alice@p1.test';
const MINUTE_MS = 60_000;

let world: TestWorld | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

const open = async (epochTime: EpochTime = KATZENPOST_EPOCHS): Promise<TestWorld> =>
  (world = await openTestWorld({ users: [ALICE], openClients: false, epochTime }));

/** The world of a doctor whose clock is so much ahead. */
const reachOf = ({ io }: TestWorld, aheadMs = 0): ReachWorld => ({
  io: { ...io, clock: { ...clockOf(io.clock), now: () => io.clock.now() + aheadMs } },
  primitives: selectPrimitives(),
  network: io.network,
});

const clockOf = (clock: TestWorld['io']['clock']) => ({
  monotonic: () => clock.monotonic(),
  sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal),
});

const summary = (findings: readonly Finding[]): readonly (readonly [string, string, boolean])[] =>
  findings.map(({ check, verdict }) => [check, verdict.kind, diagnose(verdict).ok]);

const planOf = (config: MixClientConfig): AccountPlan => {
  const [plan] = planAccounts(config)._unsafeUnwrap();
  if (plan === undefined) throw new Error('no account');
  return plan;
};

/** Keys lie in files where a person looks for them. */
const writeKeys = async (
  { io }: TestWorld,
  plan: AccountPlan,
  key: Uint8Array,
  name = 'link',
): Promise<void> => {
  const pem = utf8(encodePem(PEM_KEYS.x25519Secret, key));
  (await io.files.makeDirectory(plan.directory))._unsafeUnwrap();
  (await io.files.write(`${plan.directory}/${name}.private.pem`, pem))._unsafeUnwrap();
};

describe('a look at the network', () => {
  it('finds everything well, up to the provider', async () => {
    const found = await open();
    const plan = planOf(found.configOf(ALICE));
    const reach = reachOf(found);
    const report = await lookAtNetwork(reach, 'test', plan.network);
    expect(summary(report.findings)).toEqual([
      ['authority', 'reached', true],
      ['clock', 'skew', true],
      ['document', 'document', true],
    ]);
    expect(summary(await lookAtProvider(reach, plan, report.view))).toEqual([
      ['provider', 'not-looked', false],
    ]);
    await writeKeys(found, plan, plan.linkKey ?? repeated(0, 32));
    expect(summary(await lookAtProvider(reach, plan, report.view))).toEqual([
      ['provider', 'reached', true],
      ['clock', 'skew', true],
    ]);
    await writeKeys(found, plan, repeated(5, 32));
    // A rotation that was cut off.
    await writeKeys(found, plan, plan.linkKey ?? repeated(0, 32), 'link.next');
    expect(summary(await lookAtProvider(reach, plan, report.view))[0]?.[1]).toBe('reached');
    await writeKeys(found, plan, repeated(6, 32), 'link.next');
    expect(summary(await lookAtProvider(reach, plan, report.view))).toEqual([
      ['provider', 'unregistered', false],
    ]);
    const elsewhere = { ...plan, pin: repeated(1, 32) };
    expect(await lookAtProvider(reach, elsewhere, report.view)).toMatchObject([
      { verdict: { kind: 'connection', state: 'pin-mismatch' } },
    ]);
    expect(await lookAtProvider(reach, { ...plan, paused: true }, report.view)).toMatchObject([
      { verdict: { kind: 'connection', state: 'paused' } },
    ]);
  });

  it.each([-10, 10])('finds a clock that is %i minutes off, and looks on', async (minutes) => {
    const found = await open();
    const { network } = planOf(found.configOf(ALICE));
    const report = await lookAtNetwork(reachOf(found, minutes * MINUTE_MS), 'test', network);
    expect(summary(report.findings)).toEqual([
      ['authority', 'reached', true],
      ['clock', 'skew', false],
      ['document', 'document', true],
    ]);
    const [, clock] = report.findings;
    const said = clock === undefined ? undefined : diagnose(clock.verdict);
    expect(said?.text).toMatch(
      minutes < 0 ? /^this clock is (599|600).* behind/ : /60[01].* ahead/,
    );
    expect(said?.remedy).toMatch(/NTP/);
  });

  it('tells the length of epochs where the configured one is wrong', async () => {
    const found = await open({ ...KATZENPOST_EPOCHS, periodMs: 120_000 });
    const { network } = planOf(found.configOf(ALICE));
    const config = { ...network, epochTime: KATZENPOST_EPOCHS };
    const report = await lookAtNetwork(reachOf(found), 'test', config);
    const document = report.findings.find(({ check }) => check === 'document');
    expect(document?.verdict).toEqual({ kind: 'epoch-length', seconds: 120 });
    expect(document && diagnose(document.verdict).remedy).toBe('set EpochPeriod = 120');
  });

  it.each([
    [
      'another key',
      (config: AccountPlan['network']) => ({ ...config.authority, publicKey: repeated(1, 32) }),
    ],
    [
      'another address',
      (config: AccountPlan['network']) => ({ ...config.authority, addresses: ['nobody:1'] }),
    ],
  ])('does not find an authority of %s', async (_, authorityOf) => {
    const found = await open();
    const { network } = planOf(found.configOf(ALICE));
    const config = { ...network, authority: authorityOf(network) };
    const report = await lookAtNetwork(reachOf(found), 'test', config);
    expect(summary(report.findings)).toEqual([['authority', 'unreached', false]]);
    expect(report.view).toBeUndefined();
  });
});
