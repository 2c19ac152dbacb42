/**
 * Crowds: whom an observer of all links takes for the senders of the packets in a node.
 *
 * The observer sees when packets come and go, and nothing of what is in them. A Poisson mix has no
 * memory, and a pool draws at random: each packet inside is as likely as any other to be the one that
 * leaves. So the likelihoods of what leaves are the average over what is inside, and what stays keeps
 * its part of the sum. Source: the evaluation of Loopix (Piotrowska et al., 2017, section 4.1).
 * @module
 */

/** Who may have sent a packet: one user (by index), no user at all, or each with a probability. */
export type Senders = number | 'nobody' | Float64Array;

/** Below this the sums are brought back to scale. */
const SMALLEST_SCALE = 1e-100;

export class Crowd {
  readonly #sums: Float64Array;
  /** Arrays that are done with: making them took longer than filling them. */
  readonly #spare: Float64Array[];
  /** The sums count this many times, so that leaving costs one multiplication. */
  #scale = 1;
  #size = 0;

  /** @param spare - shared by all crowds of a run, empty at first */
  constructor(users: number, spare: Float64Array[] = []) {
    this.#sums = new Float64Array(users);
    this.#spare = spare;
  }

  get size(): number {
    return this.#size;
  }

  /** A packet comes in; an array of likelihoods must not be used any more. */
  add(senders: Senders): void {
    this.#size++;
    const sums = this.#sums;
    const factor = 1 / this.#scale;
    if (typeof senders === 'number') sums[senders] = (sums[senders] ?? 0) + factor;
    else if (senders !== 'nobody') {
      for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] ?? 0) + (senders[i] ?? 0) * factor;
      this.giveBack(senders);
    }
  }

  /** A packet goes: who sent it? There must be one. */
  take(): Float64Array {
    const sums = this.#sums;
    const senders = this.#spare.pop() ?? new Float64Array(sums.length);
    const share = this.#scale / this.#size;
    for (let i = 0; i < sums.length; i++) senders[i] = (sums[i] ?? 0) * share;
    this.#scale *= (this.#size - 1) / this.#size;
    this.#size--;
    if (this.#size === 0) this.#rescale(0);
    else if (this.#scale < SMALLEST_SCALE) this.#rescale(this.#scale);
    return senders;
  }

  /** Likelihoods that nobody needs any more. */
  giveBack(senders: Senders): void {
    if (typeof senders === 'object') this.#spare.push(senders);
  }

  #rescale(factor: number): void {
    for (let i = 0; i < this.#sums.length; i++) this.#sums[i] = (this.#sums[i] ?? 0) * factor;
    this.#scale = 1;
  }
}

/** Shannon entropy in bits of who sent a packet, given that a user did. */
export const entropyBits = (senders: Senders): number => {
  if (typeof senders === 'number' || senders === 'nobody') return 0;
  const total = senders.reduce((sum, likelihood) => sum + likelihood, 0);
  if (total <= 0) return 0;
  const bits = senders.reduce((sum, likelihood) => {
    const p = likelihood / total;
    return p > 0 ? sum - p * Math.log2(p) : sum;
  }, 0);
  return Math.max(0, bits);
};
