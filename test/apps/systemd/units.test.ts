import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..', 'systemd');
const units = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
  /\.(service|socket)$/.test(name),
);
const services = units.filter((name) => name.endsWith('.service'));
const read = (name: string): string => readFileSync(join(root, name), 'utf8');

const canVerify = spawnSync('systemd-analyze', ['--version']).status === 0;
if (!canVerify) console.warn('skipped: systemd-analyze is not there');

describe('the unit files', () => {
  it('are one service for a user, two for the machine, and three sockets', () => {
    expect(units.map((name) => basename(name)).sort()).toEqual([
      'postern-lmtp.socket',
      'postern-node@.service',
      'postern-pop3.socket',
      'postern-smtp.socket',
      'postern.service',
      'postern.service',
    ]);
  });

  it.each(services)('let systemd-notify speak, and the daemon compile: %s', (name) => {
    const text = read(name);
    expect(text).toMatch(/^Type=notify$/m);
    expect(text).toMatch(/^NotifyAccess=all$/m);
    expect(text).toMatch(/^UMask=0077$/m);
    expect(text).not.toMatch(/^MemoryDenyWriteExecute=/m);
  });

  it('name the sockets as the daemon looks for them', () => {
    for (const name of ['smtp', 'pop3', 'lmtp']) {
      expect(read(`postern-${name}.socket`)).toMatch(
        new RegExp(`^FileDescriptorName=${name}$`, 'm'),
      );
    }
  });

  it.skipIf(!canVerify).each(services)('are understood by systemd: %s', (name) => {
    const directory = mkdtempSync(join(tmpdir(), 'postern-units-'));
    for (const unit of units.filter((each) => each.endsWith('.socket'))) {
      cpSync(join(root, unit), join(directory, unit));
    }
    // The program is looked for where packages install it, which this machine need not have done.
    const text = read(name).replace(/^(Exec\w+=)postern/gm, '$1/bin/true');
    // Of a template an instance is verified.
    const unit = basename(name).replace('@', '@mix');
    writeFileSync(join(directory, unit), text);
    const scope = name.startsWith('user') ? ['--user'] : [];
    const { status, stderr } = spawnSync(
      'systemd-analyze',
      [
        'verify',
        ...scope,
        '--recursive-errors=no',
        join(directory, unit),
        ...(unit === 'postern.service' ? [join(directory, 'postern-smtp.socket')] : []),
      ],
      { env: { ...process.env, XDG_RUNTIME_DIR: directory } },
    );
    rmSync(directory, { recursive: true });
    const complaints = String(stderr)
      .split('\n')
      .filter((line) => line.includes('postern'));
    expect({ status, complaints }).toEqual({ status: 0, complaints: [] });
  });
});
