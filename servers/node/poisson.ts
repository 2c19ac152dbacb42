/**
 * Poisson mixing: each packet leaves when the delay is over that its sender chose.
 * @module
 */
import { Heap } from '../../src/io/heap.js';
import type { Departure, Strategy } from './strategy.js';

interface Waiting<T> extends Departure<T> {
  readonly order: number;
}

export class Poisson<T> implements Strategy<T> {
  readonly obeysDelay = true;
  #order = 0;
  readonly #waiting = new Heap<Waiting<T>>((a, b) =>
    a.dueMs === b.dueMs ? a.order < b.order : a.dueMs < b.dueMs,
  );

  get size(): number {
    return this.#waiting.size;
  }

  get nextMs(): number {
    return this.#waiting.peek()?.dueMs ?? Infinity;
  }

  add(item: T, { nowMs, delayMs }: { readonly nowMs: number; readonly delayMs: number }): void {
    this.#waiting.push({ item, dueMs: nowMs + delayMs, order: this.#order++ });
  }

  release(nowMs: number): readonly Departure<T>[] {
    const due: Departure<T>[] = [];
    for (let first = this.#waiting.peek(); first && first.dueMs <= nowMs;) {
      this.#waiting.pop();
      due.push(first);
      first = this.#waiting.peek();
    }
    return due;
  }

  remove(place: number): void {
    let skip = place;
    this.#waiting.retain(() => skip-- !== 0);
  }

  drain(): readonly Departure<T>[] {
    const all: Departure<T>[] = [];
    this.#waiting.retain((each) => {
      all.push(each);
      return false;
    });
    return all;
  }
}
