/**
 * How many registrations are taken, from one address and from all.
 * @module
 */
import { parseAddress } from '../../src/io/address.js';
import type { Clock } from '../../src/io/contracts.js';
import { ipBytes } from '../../src/io/ip.js';
import { toHex } from '../../src/bytes/text.js';
import { Buckets, type BucketRate } from './buckets.js';

/** Registrations an hour, all of which may come at once; 0: no limit. */
export interface RegistrationLimits {
  readonly perHour: number;
  /** From one IPv4 address, or one /64 of IPv6. */
  readonly perHourAndAddress: number;
}

export const DEFAULT_REGISTRATION_LIMITS: RegistrationLimits = {
  perHour: 600,
  perHourAndAddress: 60,
};

const MINUTES = 60;
/** Of IPv6: what one household or machine is given. */
const PREFIX_LENGTH = 8;
const V4_LENGTH = 4;
const MOST_ADDRESSES = 10_000;
/** Connections of one address at a time. */
const MOST_CONNECTIONS = 16;

const rateOf = (perHour: number): BucketRate => ({ perMinute: perHour / MINUTES, burst: perHour });

/** Whose a connection is, as far as can be told. */
const ownerOf = (remote: string): string => {
  const parsed = parseAddress(remote);
  const ip = parsed?.kind === 'tcp' ? ipBytes(parsed.host) : undefined;
  if (ip === undefined) return remote;
  return toHex(ip.length === V4_LENGTH ? ip : ip.subarray(0, PREFIX_LENGTH));
};

export class RegistrationGate {
  readonly #limits: RegistrationLimits;
  readonly #addresses: Buckets<string>;
  readonly #all: Buckets<'all'>;
  readonly #connections = new Map<string, number>();

  constructor(clock: Clock, limits: RegistrationLimits) {
    this.#limits = limits;
    this.#addresses = new Buckets(clock, MOST_ADDRESSES);
    this.#all = new Buckets(clock);
  }

  /** Counts a connection in. @returns counts it out; `undefined` when its address has too many */
  enter(remote: string): (() => void) | undefined {
    const owner = ownerOf(remote);
    const open = this.#connections.get(owner) ?? 0;
    if (open >= MOST_CONNECTIONS) return undefined;
    this.#connections.set(owner, open + 1);
    return () => this.#leave(owner);
  }

  /** Whether one more registration from there is taken; one that is not costs the others nothing. */
  admit(remote: string): boolean {
    const { perHour, perHourAndAddress } = this.#limits;
    return (
      this.#addresses.take(ownerOf(remote), rateOf(perHourAndAddress)) &&
      this.#all.take('all', rateOf(perHour))
    );
  }

  #leave(owner: string): void {
    const open = (this.#connections.get(owner) ?? 1) - 1;
    if (open > 0) this.#connections.set(owner, open);
    else this.#connections.delete(owner);
  }
}
