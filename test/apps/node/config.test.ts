import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeProblem, readToml } from '../../../apps/config/toml.js';
import { readAuthorityConfig, readServerConfig } from '../../../apps/node/config.js';
import { completeServerFile } from '../../../apps/node/effective.js';
import { serverSchema } from '../../../apps/node/schema.js';
import { DEFAULT_TUNING } from '../../../servers/node/options.js';
import { toBase64 } from '../../../src/bytes/text.js';
import { repeated } from '../../support/bytes.js';

const KEY = toBase64(repeated(1, 32));
const OTHER = toBase64(repeated(2, 32));

const authority = `
[Authority]
  Addresses = [ "127.0.0.1:30000" ]
  DataDir = "/var/lib/authority"
[Parameters]
  Mu = 0.001
  LambdaP = 0.01
[[Mixes]]
  IdentityKey = "${KEY}"
[[Providers]]
  Identifier = "p1.test"
  IdentityKey = "${OTHER}"
`;

const provider = `
[Server]
  Identifier = "P1.test"
  Addresses = [ "127.0.0.1:30001", "[::1]:30001" ]
  DataDir = "/var/lib/p1"
  IsProvider = true
[PKI.Nonvoting]
  Address = "127.0.0.1:30000"
  PublicKey = "${KEY}"
`;

describe('an authority’s file', () => {
  it('brings the reference’s defaults', () => {
    const config = readAuthorityConfig(authority, 'a.toml')._unsafeUnwrap();
    expect(config.storageKeyFile).toBe('/var/lib/authority.storage.key');
    expect(config.options).toMatchObject({
      layers: 3,
      minNodesPerLayer: 2,
      providers: [{ identifier: 'p1.test' }],
      parameters: {
        sendRatePerMinute: 100,
        rates: {
          mu: { perMs: 0.001, maxMs: 11_512 },
          lambdaP: { perMs: 0.01 },
          lambdaL: { perMs: 0.00025, maxMs: 46_051 },
        },
      },
    });
  });

  it.each([
    ['SendShift = 3', /^a\.toml:8: Parameters\.SendShift: unknown key/],
    ['LamdaP = 1', /^a\.toml:8: Parameters\.LamdaP: unknown key, did you mean LambdaP\?$/],
    ['lambdaD = -1', /^a\.toml:8: Parameters\.LambdaD: /],
    ['LambdaL = -1', /^a\.toml:8: Parameters\.LambdaL: /],
    ['MuMaxDelay = 21600001', /^a\.toml:8: Parameters\.MuMaxDelay: /],
  ])('refuses %s', (line, expected) => {
    const source = authority.replace('[[Mixes]]', `  ${line}\n[[Mixes]]`);
    const [problem] = readAuthorityConfig(source, 'a.toml')._unsafeUnwrapErr();
    expect(problem && describeProblem(problem)).toMatch(expected);
  });
});

describe('a server’s file', () => {
  it('becomes the options of a provider', () => {
    const config = readServerConfig(provider, 'p.toml')._unsafeUnwrap();
    expect(config).toMatchObject({
      kind: 'provider',
      socket: '/var/lib/p1/management_sock',
      faults: undefined,
      options: { identifier: 'p1.test', addresses: ['127.0.0.1:30001', '[::1]:30001'] },
    });
    expect(DEFAULT_TUNING).toMatchObject(config.options.tuning ?? {});
    expect(config.options.advertise).toBeUndefined();
  });

  it('takes limits, faults and the management socket', () => {
    const more = `${provider}
[Management]
  Enable = true
[Debug]
  UnwrapDelay = 20
  NumSphinxWorkers = 2
  SchedulerSlack = 30
[Faults]
  Loss = 0.3
`;
    expect(readServerConfig(more, 'p.toml')._unsafeUnwrap()).toMatchObject({
      socket: '/var/lib/p1/management_sock',
      workers: 2,
      faults: { loss: 0.3, duplicate: 0, reorderMs: 0 },
      options: { tuning: { unwrapBudgetMs: 20, holdBudgetMs: 30 } },
    });
  });

  it('takes plug-ins as the reference does, but not the disabled ones', () => {
    const plugin = (capability: string, more: string): string => `
[[Provider.CBORPluginKaetzchen]]
  Capability = "${capability}"
  Endpoint = "+${capability}"
  Command = "/usr/bin/${capability}"
  ${more}
`;
    const echo = plugin(
      'echo',
      'MaxConcurrency = 2\n[Provider.CBORPluginKaetzchen.Config]\n  log = "/tmp/x"',
    );
    const source = `${provider}${echo}${plugin('off', 'Disable = true')}${plugin('none', '')}`;
    expect(readServerConfig(source, 'p')._unsafeUnwrap().options.plugins).toEqual([
      {
        ...{ capability: 'echo', endpoint: '+echo', command: '/usr/bin/echo' },
        ...{ config: { log: '/tmp/x' }, maxConcurrency: 2 },
      },
      {
        ...{ capability: 'none', endpoint: '+none', command: '/usr/bin/none' },
        ...{ config: {}, maxConcurrency: 0 },
      },
    ]);
  });

  it('takes limits of links, and a plan of retries', () => {
    const more = `${provider}
[Link]
  MaxBandwidth = 50000
  MaxConnections = 10
[Queue]
  Retry = "every 60 minutes for 1 day, 2 days"
  QueueMaxBytes = 0
`;
    const read = readServerConfig(more, 'p.toml')._unsafeUnwrap();
    expect(read.options.tuning).toMatchObject({
      maxConnections: 10,
      bandwidth: { bytesPerSecond: 50_000, spikeBytes: 50_000 },
      retryPlan: [
        { everyMs: 3_600_000, forMs: 86_400_000 },
        { everyMs: 172_800_000, forMs: 172_800_000 },
      ],
      queueMaxBytes: 0,
    });
  });

  it('advertises other addresses beside the bound ones, or instead', () => {
    const withOthers = provider.replace(
      '[PKI.Nonvoting]',
      '[Server.AltAddresses]\n  tcp4 = [ "192.0.2.1:1" ]\n[PKI.Nonvoting]',
    );
    const beside = readServerConfig(withOthers, 'p')._unsafeUnwrap().options.advertise;
    expect([...(beside ?? [])]).toEqual([
      ['tcp4', ['127.0.0.1:30001', '192.0.2.1:1']],
      ['tcp6', ['[::1]:30001']],
    ]);
    const only = withOthers.replace('[Server]', '[Server]\n  OnlyAdvertiseAltAddresses = true');
    const instead = readServerConfig(only, 'p')._unsafeUnwrap().options.advertise;
    expect([...(instead ?? [])]).toEqual([['tcp4', ['192.0.2.1:1']]]);
  });

  it.each([
    [
      `${provider}[Provider.UserDB.Bolt]\n  UserDB = "/u.db"\n`,
      /UserDB\.Bolt: users and mail are kept in/,
    ],
    [`${provider}[Provider.UserDB]\n  Backend = "extern"\n`, /extern is not supported/],
    [`${provider}[Provider.SpoolDB]\n  Backend = "sql"\n`, /must have the same Backend/],
    [
      `${provider}[Provider.UserDB]\n  Backend = "sql"\n[Provider.SpoolDB]\n  Backend = "sql"\n`,
      /sql needs \[Provider\.SQLDB\]/,
    ],
    [
      `${provider}[Provider.SQLDB]\n  Backend = "mysql"\n  DataSourceName = "host=db"\n`,
      /must be pgx/,
    ],
    [
      `${provider}[[Provider.CBORPluginKaetzchen]]\n  Capability = "e"\n  Command = "e"\n  Endpoint = "+Echo"\n`,
      /CBORPluginKaetzchen.*Endpoint: must be the local part/,
    ],
    [`${provider}[Mixing]\n  Strategy = "pool"\n`, /^p\.toml:10: Mixing: a provider has none/],
    [`${provider}[Debug]\n  DisableRateLimit = true\n`, /DisableRateLimit: the limit is/],
    [
      `${provider}[Queue]\n  Retry = "1 day, now and then"\n`,
      /p\.toml:11: Queue\.Retry: step 2 must read like/,
    ],
    [`${provider}[Link]\n  MaxBandwidth = 100\n`, /Link\.MaxBandwidth: must be at least 20000/],
    [`${provider}[Link]\n  MaxBandwidthSpike = 100\n`, /needs Link\.MaxBandwidth$/],
    [`${provider}[Debug]\n  UnwrapDlay = 1\n`, /did you mean UnwrapDelay\?/],
    [provider.replace('IsProvider = true', '') + '[Provider]\n', /Provider: a mix has none/],
    [provider.replace('[Server]', '[Server]\n  OnlyAdvertiseAltAddresses = true'), /needs Server/],
    [provider.replace('127.0.0.1:30000', 'authority.test:1'), /PKI\.Nonvoting\.Address: must be/],
  ])('says what it cannot do (%#)', (source, expected) => {
    const [problem] = readServerConfig(source, 'p.toml')._unsafeUnwrapErr();
    expect(problem && describeProblem(problem)).toMatch(expected);
  });

  const withDatabase = (dataSource: string): string => `${provider}
[Provider.UserDB]
  Backend = "sql"
[Provider.SpoolDB]
  Backend = "sql"
[Provider.SQLDB]
  Backend = "pgx"
  DataSourceName = "${dataSource}"
`;

  it('takes the reference’s keys for PostgreSQL', () => {
    const source = withDatabase('postgresql://me:hunter2@db:5433/mail?sslmode=require');
    expect(readServerConfig(source, 'p')._unsafeUnwrap().options.database).toEqual({
      ...{ host: 'db', port: 5433, database: 'mail', user: 'me', password: 'hunter2' },
      tls: 'require',
    });
    const own = `${provider}[Provider.UserDB]\n  Backend = "bolt"\n`;
    expect(readServerConfig(own, 'p')._unsafeUnwrap().options.database).toBeUndefined();
  });

  it('repeats no password of the database', () => {
    const bad = readServerConfig(withDatabase('postgresql://me:hunter2@db/m?sslmode=no'), 'p');
    const said = bad._unsafeUnwrapErr().map(describeProblem).join();
    expect(said).toMatch(/SQLDB\.DataSourceName: sslmode must be/);
    expect(said).not.toContain('hunter2');
    const source = withDatabase('postgresql://me:hunter2@db/mail');
    const effective = completeServerFile(readToml(serverSchema, source, 'p')._unsafeUnwrap());
    expect(JSON.stringify(effective)).toContain('user=me');
    expect(JSON.stringify(effective)).not.toContain('hunter2');
  });

  it('never throws, whatever the text', () => {
    const lines = provider.split('\n');
    fc.assert(
      fc.property(fc.nat(lines.length - 1), fc.string(), (at, text) => {
        readServerConfig(lines.with(at, text).join('\n'), 'p.toml');
        readAuthorityConfig(lines.with(at, text).join('\n'), 'p.toml');
      }),
      { numRuns: 300 },
    );
  });
});

describe('[Mixing] of a mix', () => {
  const mix = provider.replace('IsProvider = true', '');
  const read = (lines: string, after = '') =>
    readServerConfig(`${mix}[Mixing]\n${lines}\n${after}`, 'm.toml');

  it('is Poisson unless it says something else', () => {
    const plain = readServerConfig(mix, 'm.toml')._unsafeUnwrap();
    expect(plain).toMatchObject({ kind: 'mix', warnings: [] });
    expect(read('')._unsafeUnwrap()).toMatchObject({
      options: { mixing: { kind: 'poisson' } },
      warnings: [],
    });
    expect(read('Strategy = "timed"\nMixInterval = 20')._unsafeUnwrap()).toMatchObject({
      options: { mixing: { kind: 'timed', intervalMs: 20_000 } },
      warnings: [],
    });
    expect(read('Strategy = "binomial"')._unsafeUnwrap()).toMatchObject({
      options: { mixing: { kind: 'binomial', intervalMs: 10_000, rate: 0.6, minSize: 5 } },
      warnings: [],
    });
  });

  it.each([
    [
      'Strategy = "pool"\nMixPoolMinSize = 1',
      /^m\.toml:12: Mixing\.MixPoolMinSize: of 1 leaves .*nobody/,
    ],
    [
      'Strategy = "pool"\nMixPoolMinSize = 0',
      /MixPoolMinSize: of 0 leaves a packet that comes alone/,
    ],
    [
      'Strategy = "timed"\nMixInterval = 0',
      /^m\.toml:12: Mixing\.MixInterval: is dangerously short/,
    ],
    ['Strategy = "binomial"\nMixInterval = 0.9', /MixInterval: is dangerously short/],
    ['Strategy = "pool"\nMixInterval = 30', /MixInterval: packets stay 50 s .* its key is gone/],
    ['Strategy = "timed"\nMixInterval = 1800', /MixInterval: packets stay 1800 s/],
    [
      'Strategy = "pool"\nMixPoolRate = 1',
      /^m\.toml:12: Mixing\.MixPoolRate: of 1 empties .*floods/,
    ],
    ['Strategy = "pool"\nMixPoolRate = 0.04', /MixPoolRate: is unusually low/],
    ['Strategy = "timed"\nMixPoolRate = 0.5', /MixPoolRate: is not used by the strategy timed/],
    ['MixInterval = 5', /MixInterval: is not used by the strategy poisson/],
  ])('warns of %j', (lines, expected) => {
    const { warnings } = read(lines)._unsafeUnwrap();
    expect(warnings.map(describeProblem)).toEqual([expect.stringMatching(expected)]);
  });

  it.each([
    ['Strategy = "cottrell"', '', /^m\.toml:11: Mixing\.Strategy: must be poisson, timed, pool/],
    ['MixInterval = -1', '', /^m\.toml:11: Mixing\.MixInterval: /],
    ['MixPoolRate = 1.1', '', /^m\.toml:11: Mixing\.MixPoolRate: /],
    ['MixPoolMinSize = -1', '', /^m\.toml:11: Mixing\.MixPoolMinSize: /],
    ['MixPoolMinSize = 2.5', '', /^m\.toml:11: Mixing\.MixPoolMinSize: /],
    [
      'MixPoolMinSiz = 2',
      '',
      /^m\.toml:11: Mixing\.MixPoolMinSiz: unknown key, did you mean MixPoolMinSize/,
    ],
    [
      'Strategy = "pool"\nMixPoolMinSize = 8',
      '[Debug]\nSchedulerQueueSize = 8\n',
      /^m\.toml:12: Mixing\.MixPoolMinSize: must be below Debug\.SchedulerQueueSize \(8\)/,
    ],
  ])('refuses %j', (lines, after, expected) => {
    const [problem] = read(lines, after)._unsafeUnwrapErr();
    expect(problem && describeProblem(problem)).toMatch(expected);
  });
});
