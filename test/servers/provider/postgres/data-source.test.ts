import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseDataSource,
  withoutPassword,
} from '../../../../servers/provider/postgres/data-source.js';

const kindOf = (text: string): string =>
  parseDataSource(text).match(
    () => 'ok',
    ({ kind }) => kind,
  );

describe('a data source name', () => {
  it('may be an address', () => {
    expect(
      parseDataSource(
        'postgresql://me:p%40ss@db.example:5433/mail?sslmode=require',
      )._unsafeUnwrap(),
    ).toEqual({
      host: 'db.example',
      port: 5433,
      database: 'mail',
      user: 'me',
      password: 'p@ss',
      tls: 'require',
    });
    const local = parseDataSource('postgres:///mail?host=/run/postgresql')._unsafeUnwrap();
    expect(local).toMatchObject({ host: '/run/postgresql', port: 5432, tls: 'prefer' });
    expect(local.password).toBeUndefined();
  });

  it('may be words', () => {
    const words = String.raw`host=/run/postgresql dbname=mail user = me password='it\'s \\ mine'`;
    expect(parseDataSource(words)._unsafeUnwrap()).toMatchObject({
      host: '/run/postgresql',
      database: 'mail',
      user: 'me',
      password: String.raw`it's \ mine`,
    });
  });

  it.each([
    ['postgresql://me@host:99999/x', 'unreadable'],
    ['postgresql://me:%ff@host/x', 'unreadable'],
    ['host', 'unreadable'],
    ["host='db", 'unreadable'],
    ['host=db port=0', 'bad-port'],
    ['host=db sslmode=allow', 'bad-sslmode'],
    ['host=db service=x', 'unknown-key'],
  ])('is refused: %s', (text, kind) => {
    expect(kindOf(text)).toBe(kind);
  });

  it('is shown without its password', () => {
    expect(withoutPassword('postgres://me:hunter2@db/mail')).toBe(
      'host=db port=5432 dbname=mail user=me sslmode=prefer',
    );
    expect(withoutPassword('password=hunter2 nonsense')).toBe('');
  });

  it('never throws, and what is shown reads the same', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl()), (text) => {
        expect(kindOf(text)).toBeTypeOf('string');
      }),
    );
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (user) => {
        const word = `'${user.replace(/['\\]/g, String.raw`\$&`)}'`;
        const read = parseDataSource(`user=${word}`)._unsafeUnwrap();
        expect(read.user).toBe(user);
        expect(parseDataSource(withoutPassword(`user=${word}`))._unsafeUnwrap()).toEqual(read);
      }),
    );
  });
});
