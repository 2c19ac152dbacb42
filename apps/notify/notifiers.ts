/**
 * Runs the notifiers of a daemon. What goes wrong with one is logged, and concerns nothing else.
 * @module
 */
import { type ResultAsync, okAsync } from 'neverthrow';
import { utf8 } from '../../src/bytes/text.js';
import { Lines } from '../../src/control/lines.js';
import { serve } from '../../src/control/serve.js';
import type { Duplex, Io } from '../../src/io/contracts.js';
import type { MixClient } from '../../src/index.js';
import { noticeJson, noticesOf } from './notices.js';
import type { NotifyRule } from './rules.js';
import { tellBy } from './tell.js';

const MODULE = 'notify';
const MAX_LISTENERS = 16;
/** A listener on a socket that does not read is left. */
const READ_MS = 10_000;

export interface NotifyWorld {
  readonly io: Io;
  readonly client: MixClient;
}

export interface RunningNotifier {
  /** Ends it; a notice that is being told is finished. */
  close(): Promise<void>;
}

/** Starts one notifier. A socket that cannot be made is logged, and mail comes all the same. */
export const startNotifier = (
  world: NotifyWorld,
  rule: NotifyRule,
): ResultAsync<RunningNotifier, never> =>
  rule.kind === 'socket' ? openSocket(world, rule) : okAsync(startTelling(world, rule));

const startTelling = (
  { io, client }: NotifyWorld,
  rule: Exclude<NotifyRule, { readonly kind: 'socket' }>,
): RunningNotifier => {
  const stop = new AbortController();
  const notices = noticesOf({ ...io, client, content: rule.content, signal: stop.signal });
  const tell = tellBy(io, rule);
  const telling = (async () => {
    for await (const notice of notices) {
      const problem = await tell(notice);
      if (problem === undefined) continue;
      io.log.write('warning', MODULE, 'a notice was not told', { by: rule.kind, problem });
    }
  })();
  return {
    close: () => {
      stop.abort();
      return telling;
    },
  };
};

const openSocket = (
  { io, client }: NotifyWorld,
  { path, content }: Extract<NotifyRule, { readonly kind: 'socket' }>,
): ResultAsync<RunningNotifier, never> =>
  serve({
    ...io,
    address: `unix:${path}`,
    module: MODULE,
    maxSessions: MAX_LISTENERS,
    session: (duplex, signal) => stream({ io, client }, { duplex, content, signal }),
  }).orElse(({ reason }) => {
    io.log.write('error', MODULE, 'the socket of notices cannot be made', { reason });
    return okAsync({ close: () => Promise.resolve() });
  });

interface Listener {
  readonly duplex: Duplex;
  readonly content: boolean;
  readonly signal: AbortSignal;
}

/** Notices until the listener leaves. */
const stream = async (
  { io, client }: NotifyWorld,
  { duplex, content, signal }: Listener,
): Promise<void> => {
  const gone = new AbortController();
  void untilLeft(duplex).then(() => gone.abort());
  const until = AbortSignal.any([signal, gone.signal]);
  const lines = new Lines({ duplex, patience: { ...io, idleMs: READ_MS } });
  for await (const notice of noticesOf({ ...io, client, content, signal: until })) {
    if (!(await lines.write(utf8(`${JSON.stringify(noticeJson(notice))}\n`)))) break;
  }
  gone.abort();
  duplex.destroy();
};

/** What a listener says is nothing to us. */
const untilLeft = async (duplex: Duplex): Promise<void> => {
  while ((await duplex.read()) !== undefined);
};
