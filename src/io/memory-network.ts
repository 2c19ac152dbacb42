/**
 * A network in memory: hosts by any name, latency, and everything that goes wrong with links.
 *
 * Connections are ordered byte streams, as under a handshake with implicit nonces; loss and
 * reordering of single packets belong into a stage above.
 * @module
 */
import { err, errAsync, ok, okAsync, ResultAsync, type Result } from 'neverthrow';
import { onAbort } from './abort.js';
import { formatAddress, parseAddress, type NetworkAddress } from './address.js';
import { Arrivals } from './arrivals.js';
import type {
  Clock,
  DialError,
  Duplex,
  Listener,
  ListenError,
  Network,
  Random,
} from './contracts.js';
import { makeConnection, type Connection } from './duplex-pair.js';
import type { Delay } from './pipe.js';

/** A host, a whole address, or an expression over the address. */
export type AddressPattern = string | RegExp;

export interface NetworkCounters {
  /** Dials begun. */
  readonly dials: number;
  /** Dials that ended without a connection. */
  readonly failedDials: number;
  /** Connections that are not over in both directions. */
  readonly open: number;
}

export interface MemoryNetwork extends Network {
  /** The same network as seen from a host of that name: its dials come from there. */
  from(host: string): Network;
  /** Connections from or to `pattern` stand still, new dials hang; nothing is lost. */
  stall(pattern: AddressPattern): void;
  /** Ends a stall of the same pattern. */
  resume(pattern: AddressPattern): void;
  /** Connections from or to `pattern` break at both ends; new dials work. */
  reset(pattern: AddressPattern): void;
  /** Between the two, connections stand still and dials find nobody. */
  partition(a: AddressPattern, b: AddressPattern): void;
  /** Ends all stalls and partitions. */
  heal(): void;
  counters(): NetworkCounters;
}

export interface MemoryNetworkOptions {
  readonly clock: Clock;
  /** One way; default 0. */
  readonly latencyMs?: number;
  /** Gives every write an extra latency, uniform up to `latencyMs`. */
  readonly random?: Random;
}

/** A connection with the addresses at its ends. */
interface Line {
  readonly from: string;
  readonly to: string;
  readonly connection: Connection;
}

/** Connections that nobody has taken off a listener; more are refused. */
const BACKLOG = 128;
const FIRST_PICKED_PORT = 49152;
const DEFAULT_HOST = 'localhost';

const hostOf = (address: string): string => {
  const parsed = parseAddress(address);
  return parsed?.kind === 'tcp' ? parsed.host : address;
};

const matches = (pattern: AddressPattern, address: string): boolean =>
  typeof pattern === 'string'
    ? pattern === address || pattern === hostOf(address)
    : address.search(pattern) >= 0;

class HostedNetwork implements MemoryNetwork {
  readonly #clock: Clock;
  readonly #delay: Delay | undefined;
  readonly #listeners = new Map<string, Arrivals<Duplex>>();
  readonly #lines = new Set<Line>();
  readonly #changed = new Set<() => void>();
  #stalls: AddressPattern[] = [];
  #partitions: (readonly [AddressPattern, AddressPattern])[] = [];
  #nextPort = FIRST_PICKED_PORT;
  #dials = 0;
  #failedDials = 0;

  constructor({ clock, latencyMs = 0, random }: MemoryNetworkOptions) {
    this.#clock = clock;
    const extraMs = (): number => (random === undefined ? 0 : latencyMs * fraction(random));
    this.#delay = latencyMs > 0 ? { clock, latencyMs: () => latencyMs + extraMs() } : undefined;
  }

  dial(address: string, signal: AbortSignal): ResultAsync<Duplex, DialError> {
    return this.#dialFrom(DEFAULT_HOST, address, signal);
  }

  listen(address: string): ResultAsync<Listener, ListenError> {
    const parsed = parseAddress(address);
    if (parsed === undefined) return errAsync({ kind: 'listen', address, reason: 'bad-address' });
    const bound = formatAddress(this.#withPort(parsed));
    if (this.#listeners.has(bound)) return errAsync({ kind: 'listen', address, reason: 'in-use' });
    const connections = new Arrivals<Duplex>();
    this.#listeners.set(bound, connections);
    return okAsync({
      address: bound,
      connections,
      close: () => {
        this.#unlisten(bound, connections);
        return Promise.resolve();
      },
    });
  }

  from(host: string): Network {
    return {
      dial: (address, signal) => this.#dialFrom(host, address, signal),
      listen: (address) => this.listen(address),
    };
  }

  stall(pattern: AddressPattern): void {
    this.#stalls.push(pattern);
    this.#holdLines();
  }

  resume(pattern: AddressPattern): void {
    this.#stalls = this.#stalls.filter((stalled) => String(stalled) !== String(pattern));
    this.#holdLines();
  }

  reset(pattern: AddressPattern): void {
    for (const line of [...this.#lines]) {
      if (matches(pattern, line.from) || matches(pattern, line.to)) line.connection.cut();
    }
  }

  partition(a: AddressPattern, b: AddressPattern): void {
    this.#partitions.push([a, b]);
    this.#holdLines();
  }

  heal(): void {
    this.#stalls = [];
    this.#partitions = [];
    this.#holdLines();
  }

  counters(): NetworkCounters {
    return { dials: this.#dials, failedDials: this.#failedDials, open: this.#lines.size };
  }

  #dialFrom(host: string, address: string, signal: AbortSignal): ResultAsync<Duplex, DialError> {
    this.#dials++;
    return new ResultAsync(this.#connect(host, address, signal)).mapErr((reason): DialError => {
      this.#failedDials++;
      return { kind: 'dial', address, reason };
    });
  }

  async #connect(
    host: string,
    address: string,
    signal: AbortSignal,
  ): Promise<Result<Duplex, DialError['reason']>> {
    const parsed = parseAddress(address);
    if (parsed === undefined) return err('bad-address');
    const from = formatAddress({ kind: 'tcp', host, port: this.#nextPort++ });
    const to = formatAddress(parsed);
    await this.#answered(from, to, signal);
    if (signal.aborted) return err('aborted');
    if (this.#isParted(from, to)) return err('unreachable');
    const connections = this.#listeners.get(to);
    if (connections === undefined || connections.size >= BACKLOG) return err('refused');
    const [near, far] = this.#join(from, to).ends;
    connections.push(far);
    return ok(near);
  }

  /** Waits for the latency of a dial's answer and for the end of a stall. */
  async #answered(from: string, to: string, signal: AbortSignal): Promise<void> {
    if (this.#delay !== undefined) await this.#clock.sleep(this.#delay.latencyMs(), signal);
    while (!signal.aborted && this.#isStalled(from, to)) await this.#nextChange(signal);
  }

  #nextChange(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#changed.delete(wake);
        forget();
        resolve();
      };
      this.#changed.add(wake);
      const forget = onAbort(signal, wake);
    });
  }

  #join(from: string, to: string): Connection {
    const connection = makeConnection({
      names: [from, to],
      onClosed: () => this.#lines.delete(line),
      ...(this.#delay === undefined ? {} : { delay: this.#delay }),
    });
    const line: Line = { from, to, connection };
    this.#lines.add(line);
    return connection;
  }

  #withPort(address: NetworkAddress): NetworkAddress {
    if (address.kind === 'unix' || address.port !== 0) return address;
    return { ...address, port: this.#nextPort++ };
  }

  #unlisten(address: string, connections: Arrivals<Duplex>): void {
    if (this.#listeners.get(address) === connections) this.#listeners.delete(address);
    for (const untaken of connections.end()) untaken.destroy();
  }

  #holdLines(): void {
    for (const { from, to, connection } of this.#lines) {
      connection.hold(this.#isStalled(from, to) || this.#isParted(from, to));
    }
    for (const wake of [...this.#changed]) wake();
  }

  #isStalled(from: string, to: string): boolean {
    return this.#stalls.some((pattern) => matches(pattern, from) || matches(pattern, to));
  }

  #isParted(from: string, to: string): boolean {
    return this.#partitions.some(
      ([a, b]) => (matches(a, from) && matches(b, to)) || (matches(b, from) && matches(a, to)),
    );
  }
}

/** In [0, 1), in steps of 2^-32. */
const fraction = (random: Random): number => {
  const bytes = random(4);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) / 2 ** 32;
};

/** A network of its own; two of them share nothing. */
export const memoryNetwork = (options: MemoryNetworkOptions): MemoryNetwork =>
  new HostedNetwork(options);
