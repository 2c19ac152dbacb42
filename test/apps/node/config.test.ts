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
      socket: undefined,
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
      `${provider}[[Provider.CBORPluginKaetzchen]]\n  Command = "x"\n`,
      /plug-ins are not supported/,
    ],
    [`${provider}[Debug]\n  DisableRateLimit = true\n`, /DisableRateLimit: the limit is/],
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
