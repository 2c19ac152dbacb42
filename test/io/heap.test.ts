import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap } from '../../src/io/heap.js';

describe('a heap', () => {
  const heapOf = (numbers: readonly number[]): Heap<number> => {
    const heap = new Heap<number>((a, b) => a < b);
    for (const number of numbers) heap.push(number);
    return heap;
  };
  const drain = (heap: Heap<number>): readonly number[] => {
    const taken: number[] = [];
    for (let first = heap.pop(); first !== undefined; first = heap.pop()) taken.push(first);
    return taken;
  };
  const sorted = (numbers: readonly number[]): readonly number[] =>
    [...numbers].sort((a, b) => a - b);

  it('gives its items in order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (numbers) => {
        const heap = heapOf(numbers);
        expect(heap.peek()).toBe(sorted(numbers)[0]);
        expect(heap.size).toBe(numbers.length);
        expect(drain(heap)).toEqual(sorted(numbers));
      }),
    );
  });

  it('keeps the order of what it retains', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (numbers) => {
        const heap = heapOf(numbers);
        heap.retain((number) => number % 3 === 0);
        heap.push(7);
        expect(drain(heap)).toEqual(sorted([...numbers.filter((n) => n % 3 === 0), 7]));
      }),
    );
  });
});
