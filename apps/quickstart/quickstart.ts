/**
 * The quickstart: from nothing to a mail that has crossed a mix network, seen on the way.
 * @module
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { err, ok, ResultAsync, safeTry, type Result } from 'neverthrow';
import { equal } from '../../src/bytes/compare.js';
import { fromUtf8, toBase64, utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import type { Io } from '../../src/io/contracts.js';
import { fetchFirst, submit, type DialogueError, type MailServer } from './dialogue.js';
import {
  eventually,
  openVillage,
  type Person,
  type Village,
  type VillageError,
} from './village.js';

export interface QuickstartOptions {
  readonly io: Io;
  /** Bytes of the mail's body; a greeting where absent. */
  readonly size: number | undefined;
  readonly tell: (line: string) => void;
}

export type QuickstartError =
  VillageError | DialogueError | { readonly kind: 'mail-differs'; readonly where: string };

export interface Quickstart extends Village {
  /** The mail as it came out of POP3. */
  readonly delivered: Uint8Array;
}

const GREETING = utf8(
  'Hello Bob,\r\n\r\nthis mail crossed five hops of a mix network, and nobody on the way\r\n' +
    'knows that I wrote to you.\r\n\r\nAlice\r\n',
);
const LINE_BYTES = 57;
const DELIVERY_MS = 60_000;
/** Mail flows at the send process's rate, some 500 KB a second; this is far below it. */
const SLOWEST_BYTES_PER_MS = 50;

/** Random text of about `size` bytes, in lines that no mail program would touch. */
const bodyOf = ({ random }: Io, size: number | undefined): Uint8Array => {
  if (size === undefined) return GREETING;
  const lines = Math.max(1, Math.floor(size / (toBase64(new Uint8Array(LINE_BYTES)).length + 2)));
  const text = Array.from({ length: lines }, () => `${toBase64(random(LINE_BYTES))}\r\n`);
  return utf8(text.join(''));
};

const mailOf = (village: Village, body: Uint8Array): Uint8Array =>
  concat(
    utf8(
      `From: Alice <${village.alice.address}>\r\nTo: Bob <${village.bob.address}>\r\n` +
        'Subject: The first mail\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n',
    ),
    body,
  );

export const serverOf = (io: Io, person: Person, protocol: 'smtp' | 'pop3'): MailServer => ({
  clock: io.clock,
  network: io.network,
  address: person.daemon[protocol] ?? '',
  account: person.address,
  password: person.daemon.passwords.get(person.address) ?? '',
});

/** Everything behind the first empty line. */
const bodyIn = (mail: Uint8Array, lineEnd: '\r\n' | '\n'): Uint8Array => {
  const head = fromUtf8(mail.subarray(0, 16_384));
  return mail.subarray(head.indexOf(lineEnd + lineEnd) + 2 * lineEnd.length);
};

/** The mail's file, as soon as the daemon has done with it: POP3 does not wait for the Maildir. */
const fetchFiled = async (
  { clock }: Io,
  { daemon, address, maildir }: Person,
): Promise<Result<Uint8Array, VillageError>> => {
  const isFiled = (): boolean =>
    daemon.client.inbox.list(address, 'maildir').match(
      (left) => left.length === 0,
      () => false,
    );
  if (!(await eventually(clock, isFiled, DELIVERY_MS))) {
    return err({ kind: 'not-in-time', what: 'the mail was not filed in the Maildir', left: [] });
  }
  const [name = ''] = await readdir(join(maildir, 'new'));
  return ok(new Uint8Array(await readFile(join(maildir, 'new', name))));
};

/** Tells of each stage as it is reached, until the mail is there and acknowledged. */
const watch = async (
  { io, tell }: QuickstartOptions,
  { network, alice, bob }: Village,
  limitMs: number,
): Promise<Result<void, VillageError>> => {
  const startMs = io.clock.monotonic();
  const seconds = (): string => `${((io.clock.monotonic() - startMs) / 1000).toFixed(1)} s`;
  const seen = new Set<string>();
  const once = (stage: string, isReached: boolean): boolean => {
    if (isReached && !seen.has(stage)) {
      seen.add(stage);
      tell(`  ${seconds().padStart(7)}  ${stage}`);
    }
    return seen.has(stage);
  };
  const [outbox] = alice.daemon.client.outbox.list();
  const blocks = outbox?.blocks ?? 1;
  const isThere = (): boolean => {
    const [queued] = alice.daemon.client.outbox.list();
    const acknowledged = queued?.acknowledged ?? blocks;
    once(
      `sealed in ${blocks} block${blocks === 1 ? '' : 's'}, the first packet is on its way`,
      (queued?.transmissions ?? 1) > 0,
    );
    once('the first block is in the spool of p2.test', spooledBlocks(network) > 0);
    for (const quarter of [1, 2, 3]) {
      const part = Math.ceil((blocks * quarter) / 4);
      if (blocks >= 8) once(`${part} of ${blocks} blocks acknowledged`, acknowledged >= part);
    }
    const isReceived = once('received and put together by bob', inboxOf(bob) > 0);
    const isDone = once('every block acknowledged by reply block', !queued);
    return isReceived && isDone;
  };
  if (await eventually(io.clock, isThere, limitMs)) return ok(undefined);
  return err({ kind: 'not-in-time', what: 'the mail did not arrive', left: [] });
};

/** Blocks of mails that have come to bob's provider; replies to its loops are counted elsewhere. */
const spooledBlocks = (network: Village['network']): number =>
  network.provider('p2.test').status().counters['spooled.message'] ?? 0;

const inboxOf = ({ daemon }: Person): number =>
  daemon.client.accounts.status().reduce((sum, { inbox }) => sum + inbox.count, 0);

const compare = (where: string, same: boolean): Result<void, QuickstartError> =>
  same ? ok(undefined) : err({ kind: 'mail-differs', where });

const withLf = (body: Uint8Array): Uint8Array => body.filter((byte) => byte !== 0x0d);

const deliver = (
  options: QuickstartOptions,
  village: Village,
): ResultAsync<Uint8Array, QuickstartError> =>
  safeTry(async function* () {
    const { io, tell, size } = options;
    const body = bodyOf(io, size);
    const mail = mailOf(village, body);
    const envelope = { from: village.alice.address, to: village.bob.address, mail };
    yield* submit(serverOf(io, village.alice, 'smtp'), envelope);
    tell(`  accepted by SMTP: ${mail.length} bytes, on disk and sealed`);
    yield* await watch(options, village, DELIVERY_MS + mail.length / SLOWEST_BYTES_PER_MS);
    const delivered = yield* fetchFirst(serverOf(io, village.bob, 'pop3'));
    yield* compare('POP3', equal(bodyIn(delivered, '\r\n'), body));
    tell('  fetched by POP3: byte for byte what was sent');
    const filed = yield* await fetchFiled(io, village.bob);
    yield* compare('the Maildir', equal(bodyIn(filed, '\n'), withLf(body)));
    tell('  filed in the Maildir: the same');
    return ok(delivered);
  });

/** A mail for the screen: whole, or its head with size and digest where it is long. */
export const shown = (mail: Uint8Array): string => {
  const text = fromUtf8(mail);
  if (mail.length <= 4096) return text.trimEnd();
  const digest = createHash('sha256').update(bodyIn(mail, '\r\n')).digest('hex');
  const head = text.slice(0, text.indexOf('\r\n\r\n'));
  return `${head}\n\n[${mail.length} bytes, SHA-256 of the body ${digest}]`;
};

/**
 * Builds the village in a temporary directory and sends the first mail; the village stays up.
 *
 * @errors why it did not come to that; nothing is left then
 */
export const quickstart = (options: QuickstartOptions): ResultAsync<Quickstart, QuickstartError> =>
  safeTry(async function* () {
    const directory = await mkdtemp(join(tmpdir(), 'postern-'));
    const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
    options.tell('starting a mix network: 1 authority, 3 mixes, 2 providers, 2 daemons');
    const opened = await openVillage(options.io, directory);
    if (opened.isErr()) {
      await remove();
      return err(opened.error);
    }
    const village = opened.value;
    const close = async (): Promise<void> => {
      await village.close();
      await remove();
    };
    options.tell(`sending a mail from ${village.alice.address} to ${village.bob.address}`);
    const delivered = await deliver(options, village);
    if (delivered.isErr()) {
      await close();
      return err(delivered.error);
    }
    return ok({ ...village, close, delivered: delivered.value });
  });
