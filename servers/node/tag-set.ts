/**
 * A compact set of 32-byte tags that remembers their order.
 *
 * Tags lie one behind the other in pages, found by an open-addressed table of 32-bit positions: a
 * million tags take 40 MB. Tags are hashes of whatever peers choose, but only those of genuine
 * packets get in, so crowding one place of the table costs an attacker millions of packets.
 * @module
 */

export const TAG_LENGTH = 32;
/** Tags in a page: as many as a sealed record of 4096 bytes has room for. */
export const PAGE_TAGS = 125;

const FIRST_SLOTS = 1024;
/** The table grows when it would be fuller than this. */
const MAX_LOAD = 0.7;

export class TagSet {
  readonly #pages: Uint8Array[] = [];
  /** Position of a tag plus one; 0: empty. */
  #slots = new Uint32Array(FIRST_SLOTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Whether the tag is new; it is in the set afterwards. */
  add(tag: Uint8Array): boolean {
    if (tag.length !== TAG_LENGTH) throw new RangeError('a tag of another length');
    if ((this.#size + 1) / this.#slots.length > MAX_LOAD) this.#grow();
    const slot = this.#find(tag);
    if (this.#slots[slot] !== 0) return false;
    this.#append(tag);
    this.#slots[slot] = this.#size;
    return true;
  }

  has(tag: Uint8Array): boolean {
    return this.#slots[this.#find(tag)] !== 0;
  }

  /** The used part of a page, as a view: tags `index * PAGE_TAGS` and on. */
  page(index: number): Uint8Array {
    const used = Math.min(PAGE_TAGS, this.#size - index * PAGE_TAGS);
    return (this.#pages[index] ?? new Uint8Array(0)).subarray(0, Math.max(0, used) * TAG_LENGTH);
  }

  #append(tag: Uint8Array): void {
    const at = this.#size % PAGE_TAGS;
    if (at === 0) this.#pages.push(new Uint8Array(PAGE_TAGS * TAG_LENGTH));
    this.#pages.at(-1)?.set(tag, at * TAG_LENGTH);
    this.#size++;
  }

  /** The slot that holds `tag`, or the empty one where it belongs. */
  #find(tag: Uint8Array): number {
    const mask = this.#slots.length - 1;
    let slot = firstWord(tag, 0) & mask;
    for (let held = this.#slots[slot]; held; held = this.#slots[slot]) {
      if (this.#holds(held - 1, tag)) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #holds(position: number, tag: Uint8Array): boolean {
    const page = this.#pages[Math.floor(position / PAGE_TAGS)];
    const start = (position % PAGE_TAGS) * TAG_LENGTH;
    // Not constant time on purpose: a tag is derived from bytes that its sender knows.
    for (let i = 0; i < TAG_LENGTH; i++) if (page?.[start + i] !== tag[i]) return false;
    return true;
  }

  #grow(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let position = 0; position < this.#size; position++) {
      const page = this.#pages[Math.floor(position / PAGE_TAGS)];
      let slot = firstWord(page, (position % PAGE_TAGS) * TAG_LENGTH) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = position + 1;
    }
    this.#slots = slots;
  }
}

/** 32 bits of the tag at `start`. */
const firstWord = (bytes: Uint8Array | undefined, start: number): number =>
  bytes === undefined
    ? 0
    : ((bytes[start] ?? 0) << 24) |
      ((bytes[start + 1] ?? 0) << 16) |
      ((bytes[start + 2] ?? 0) << 8) |
      (bytes[start + 3] ?? 0);
