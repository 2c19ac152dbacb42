/**
 * A binary heap: the item that comes first is always at hand.
 * @module
 */

/** Push and pop cost O(log n), looking at the first O(1). */
export class Heap<T> {
  readonly #before: (a: T, b: T) => boolean;
  #items: T[] = [];

  /** `before` must be a strict order; items that are equal in it come in any order. */
  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The first item, which stays. */
  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    this.#items.push(item);
    this.#rise(this.#items.length - 1);
  }

  /** Takes the first item. */
  pop(): T | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) {
      this.#items[0] = last;
      this.#sink(0);
    }
    return first;
  }

  /** Keeps the items that `wanted` accepts, in O(n). */
  retain(wanted: (item: T) => boolean): void {
    this.#items = this.#items.filter(wanted);
    for (let at = (this.#items.length >> 1) - 1; at >= 0; at--) this.#sink(at);
  }

  #rise(start: number): void {
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#swapUnordered(parent, at)) return;
      at = parent;
    }
  }

  #sink(start: number): void {
    let at = start;
    for (let child = this.#firstChild(at); child !== undefined; child = this.#firstChild(at)) {
      if (!this.#swapUnordered(at, child)) return;
      at = child;
    }
  }

  #firstChild(at: number): number | undefined {
    const left = this.#items[2 * at + 1];
    const right = this.#items[2 * at + 2];
    if (left === undefined) return undefined;
    return right !== undefined && this.#before(right, left) ? 2 * at + 2 : 2 * at + 1;
  }

  /** Swaps parent and child when the child comes first; whether it did. */
  #swapUnordered(parent: number, child: number): boolean {
    const upper = this.#items[parent];
    const lower = this.#items[child];
    if (upper === undefined || lower === undefined || !this.#before(lower, upper)) return false;
    this.#items[parent] = lower;
    this.#items[child] = upper;
    return true;
  }
}
