import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import type { Duplex, Listener, Network } from '../../src/io/contracts.js';
import { manualClock, memoryIo, memoryNetwork, type ManualClock } from '../../src/io/memory.js';

const never = new AbortController().signal;

const listenAt = async (network: Network, address: string): Promise<Listener> =>
  (await network.listen(address))._unsafeUnwrap();

/** Answers every chunk with `echo` and itself. */
const serveEcho = async (listener: Listener): Promise<void> => {
  const echo = async (duplex: Duplex): Promise<void> => {
    for (let bytes = await duplex.read(); bytes !== undefined; bytes = await duplex.read()) {
      await duplex.write(utf8(`echo ${fromUtf8(bytes)}`));
    }
    duplex.end();
  };
  for await (const duplex of listener.connections) void echo(duplex);
};

/** What comes of `work` when the clock runs for at most `limitMs`. */
const within = async <T>(clock: ManualClock, limitMs: number, work: PromiseLike<T>): Promise<T> => {
  let outcome: { readonly value: T } | undefined;
  void work.then((value) => (outcome = { value }));
  await clock.runUntil(() => outcome !== undefined, limitMs);
  if (outcome === undefined) throw new Error('still waiting');
  return outcome.value;
};

const ask = async (duplex: Duplex, text: string): Promise<string> => {
  await duplex.write(utf8(text));
  const answer = await duplex.read();
  return answer === undefined ? 'gone' : fromUtf8(answer);
};

describe('the network in memory', () => {
  it('connects hosts by name and picks ports', async () => {
    const network = memoryNetwork({ clock: manualClock() });
    const listener = await listenAt(network, 'mix1:0');
    const other = await listenAt(network, 'mix1:0');
    expect(listener.address).toMatch(/^mix1:\d+$/);
    expect(other.address).not.toBe(listener.address);
    void serveEcho(listener);
    const duplex = (await network.from('p1').dial(listener.address, never))._unsafeUnwrap();
    expect(duplex.remote).toBe(listener.address);
    expect(await ask(duplex, 'hello')).toBe('echo hello');
  });

  it('names the dialling host at the listener', async () => {
    const network = memoryNetwork({ clock: manualClock() });
    const listener = await listenAt(network, '[::1]:2525');
    (await network.from('p1').dial('[::1]:2525', never))._unsafeUnwrap();
    for await (const duplex of listener.connections) {
      expect(duplex.remote).toMatch(/^p1:\d+$/);
      break;
    }
  });

  it('refuses where nobody listens, any more or at all', async () => {
    const network = memoryNetwork({ clock: manualClock() });
    const reasonOf = async (address: string): Promise<string> =>
      (await network.dial(address, never))._unsafeUnwrapErr().reason;
    expect(await reasonOf('mix1:1')).toBe('refused');
    expect(await reasonOf('mix1')).toBe('bad-address');
    const listener = await listenAt(network, 'mix1:1');
    expect((await network.listen('mix1:1'))._unsafeUnwrapErr().reason).toBe('in-use');
    const untaken = (await network.dial('mix1:1', never))._unsafeUnwrap();
    await listener.close();
    expect(await untaken.read()).toBe(undefined);
    expect(await reasonOf('mix1:1')).toBe('refused');
    expect((await network.listen('mix1:1')).isOk()).toBe(true);
    expect(network.counters()).toEqual({ dials: 4, failedDials: 3, open: 0 });
  });

  it('keeps connections when the listener closes', async () => {
    const network = memoryNetwork({ clock: manualClock() });
    const listener = await listenAt(network, 'unix:/run/sock');
    const served = serveEcho(listener);
    const duplex = (await network.dial('unix:/run/sock', never))._unsafeUnwrap();
    expect(await ask(duplex, 'a')).toBe('echo a');
    await listener.close();
    await served;
    expect(await ask(duplex, 'b')).toBe('echo b');
    expect(network.counters().open).toBe(1);
    duplex.end();
    expect(await duplex.read()).toBe(undefined);
    expect(network.counters().open).toBe(0);
  });

  it('has latency in dials and in bytes', async () => {
    const clock = manualClock();
    const network = memoryNetwork({ clock, latencyMs: 30 });
    void serveEcho(await listenAt(network, 'mix1:1'));
    const duplex = (await within(clock, 1000, network.dial('mix1:1', never)))._unsafeUnwrap();
    expect(clock.monotonic()).toBe(30);
    expect(await within(clock, 1000, ask(duplex, 'x'))).toBe('echo x');
    expect(clock.monotonic()).toBe(90);
  });

  it('gives a dial up with its signal', async () => {
    const clock = manualClock();
    const network = memoryNetwork({ clock, latencyMs: 30 });
    const stop = new AbortController();
    const dial = network.dial('mix1:1', stop.signal);
    stop.abort();
    expect((await dial)._unsafeUnwrapErr().reason).toBe('aborted');
    expect((await network.dial('mix1:1', stop.signal))._unsafeUnwrapErr().reason).toBe('aborted');
  });
});

describe('trouble', () => {
  const started = async () => {
    const clock = manualClock();
    const network = memoryNetwork({ clock });
    void serveEcho(await listenAt(network, 'mix1:1'));
    void serveEcho(await listenAt(network, 'mix2:1'));
    const connect = async (from: string, to: string): Promise<Duplex> =>
      (await network.from(from).dial(to, never))._unsafeUnwrap();
    return { clock, network, connect };
  };

  it('stalls connections and dials without loss', async () => {
    const { clock, network, connect } = await started();
    const duplex = await connect('p1', 'mix1:1');
    network.stall('mix1');
    const answers = [ask(duplex, 'held')];
    const dial = network.dial('mix1:1', never);
    await clock.advance(100_000);
    expect(await Promise.race([dial, ...answers, Promise.resolve('nothing')])).toBe('nothing');
    expect(await ask(await connect('p1', 'mix2:1'), 'free')).toBe('echo free');
    network.resume('mix1');
    expect(await Promise.all(answers)).toEqual(['echo held']);
    expect((await dial).isOk()).toBe(true);
  });

  it('lets a stalled dial be given up', async () => {
    const { network } = await started();
    const stop = new AbortController();
    network.stall(/^mix/);
    const dial = network.dial('mix1:1', stop.signal);
    stop.abort();
    expect((await dial)._unsafeUnwrapErr().reason).toBe('aborted');
  });

  it('fills the buffer of a stalled connection', async () => {
    const { network, connect } = await started();
    const duplex = await connect('p1', 'mix1:1');
    network.stall('p1');
    let waiting = true;
    expect(await duplex.write(new Uint8Array(256 * 1024))).toBe(true);
    void duplex.write(Uint8Array.of(1)).then(() => (waiting = false));
    await new Promise(setImmediate);
    expect(waiting).toBe(true);
    network.heal();
    await new Promise(setImmediate);
    expect(waiting).toBe(false);
  });

  it('resets connections of one host and lets it be dialled again', async () => {
    const { network, connect } = await started();
    const [hit, spared] = [await connect('p1', 'mix1:1'), await connect('p1', 'mix2:1')];
    const pending = hit.read();
    network.reset('mix1:1');
    expect(await pending).toBe(undefined);
    expect(await hit.write(utf8('x'))).toBe(false);
    expect(await ask(spared, 'y')).toBe('echo y');
    expect(await ask(await connect('p1', 'mix1:1'), 'z')).toBe('echo z');
    expect(network.counters().open).toBe(2);
  });

  it('parts two hosts and heals', async () => {
    const { network, connect } = await started();
    const parted = await connect('p1', 'mix1:1');
    network.partition('mix1', 'p1');
    const answer = ask(parted, 'through');
    const dial = await network.from('p1').dial('mix1:1', never);
    expect(dial._unsafeUnwrapErr().reason).toBe('unreachable');
    expect(await ask(await connect('p2', 'mix1:1'), 'around')).toBe('echo around');
    network.heal();
    expect(await answer).toBe('echo through');
    expect(await ask(await connect('p1', 'mix1:1'), 'again')).toBe('echo again');
  });

  it('hides an end of the connection while parted', async () => {
    const { network, connect } = await started();
    const duplex = await connect('p1', 'mix1:1');
    network.partition('p1', 'mix1');
    duplex.destroy();
    expect(network.counters().open).toBe(1);
    network.heal();
    expect(network.counters().open).toBe(0);
  });
});

describe('a world in memory', () => {
  /** Ten hosts chat at random times; what they hear, in order. */
  const chatter = async (seed: string): Promise<readonly string[]> => {
    const { clock, network, random } = memoryIo({ seed, latencyMs: 3 });
    const heard: string[] = [];
    const hosts = Array.from({ length: 10 }, (_, index) => `host${index}`);
    const below = (limit: number): number => (random(1)[0] ?? 0) % limit;
    const listen = async (host: string): Promise<void> => {
      for await (const duplex of (await listenAt(network, `${host}:1`)).connections) {
        const bytes = await duplex.read();
        heard.push(`${clock.monotonic()} ${host} ${bytes === undefined ? '' : fromUtf8(bytes)}`);
        duplex.destroy();
      }
    };
    const talk = async (host: string): Promise<void> => {
      for (let turn = 0; turn < 20; turn++) {
        await clock.sleep(below(200));
        const peer = hosts[below(hosts.length)] ?? host;
        const dialled = await network.from(host).dial(`${peer}:1`, never);
        if (dialled.isOk()) await dialled.value.write(utf8(`${host} ${turn}`));
      }
    };
    hosts.forEach((host) => void listen(host));
    hosts.forEach((host) => void talk(host));
    await clock.advance(60_000);
    return heard;
  };

  it('runs the same way for the same seed', async () => {
    const first = await chatter('a');
    expect(first).toHaveLength(200);
    expect(await chatter('a')).toEqual(first);
    expect(await chatter('b')).not.toEqual(first);
  });
});
