import type { SeededRandom } from "@millrace/base";

/** What a disk writes as a whole: a write torn by a power failure is torn between sectors of this many bytes. */
export const SECTOR_BYTES = 512;

/** The bytes of one file twice: as programs see them, and as they are on the platter. */
export class FaultyContent {
  live: Uint8Array;
  size: number;
  #durable: Uint8Array;
  #durableSize: number;
  /** Sectors whose live bytes may differ from the durable ones. */
  readonly #dirty = new Set<number>();

  /** @param bytes - content that is durable from the start; kept, not copied */
  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.live = bytes;
    this.size = bytes.length;
    this.#durable = bytes.slice();
    this.#durableSize = bytes.length;
  }

  read(into: Uint8Array, position: number): number {
    const end = Math.min(this.size, position + into.length);
    if (position >= end) return 0;
    into.set(this.live.subarray(position, end));
    return end - position;
  }

  /** A sector that is overwritten before a sync may have reached the disk in its older state: a coin decides. */
  write(bytes: Uint8Array, position: number, random: SeededRandom): void {
    if (bytes.length === 0) return;
    const end = position + bytes.length;
    const lastSector = Math.floor((end - 1) / SECTOR_BYTES);
    for (let sector = Math.floor(position / SECTOR_BYTES); sector <= lastSector; sector++) {
      if (this.#dirty.has(sector) && random.next() < 0.25) this.#persist(sector);
      this.#dirty.add(sector);
    }
    this.live = withCapacity(this.live, end);
    this.live.set(bytes, position);
    this.size = Math.max(this.size, end);
  }

  truncate(size: number): void {
    for (let sector = Math.floor(size / SECTOR_BYTES); sector * SECTOR_BYTES < this.size; sector++) {
      this.#dirty.add(sector);
    }
    this.live = withCapacity(this.live, size);
    this.live.fill(0, Math.min(size, this.size));
    this.size = size;
  }

  sync(): void {
    for (const sector of this.#dirty) this.#persist(sector);
    this.#dirty.clear();
    this.#durableSize = this.size;
  }

  /** As Linux does it: all pages count as clean afterwards, though only some of them reached the disk. */
  failSync(random: SeededRandom): void {
    for (const sector of this.#dirty) if (random.next() < 0.5) this.#persist(sector);
    this.#dirty.clear();
  }

  /** The content after the power went: each unsynced sector, and the size, survived with chance `survival`. */
  afterCrash(random: SeededRandom, survival: number): FaultyContent {
    let size = random.next() < survival ? this.size : this.#durableSize;
    if (survival < 1 && size > this.#durableSize && random.next() < 0.3) {
      size = random.nextInt(this.#durableSize, size);
    }
    const image = new Uint8Array(size);
    image.set(this.#durable.subarray(0, Math.min(size, this.#durable.length)));
    for (const sector of this.#dirty) {
      if (random.next() >= survival) continue;
      const start = sector * SECTOR_BYTES;
      const end = Math.min(size, start + SECTOR_BYTES);
      if (start >= end) continue;
      image.fill(0, start, end);
      image.set(this.live.subarray(start, end), start);
    }
    return new FaultyContent(image);
  }

  #persist(sector: number): void {
    const start = sector * SECTOR_BYTES;
    const end = start + SECTOR_BYTES;
    this.#durable = withCapacity(this.#durable, end);
    this.#durable.fill(0, start, end);
    this.#durable.set(this.live.subarray(start, end), start);
  }
}

/** `bytes`, or a copy of it with zeros behind and at least `capacity` long. */
function withCapacity(bytes: Uint8Array, capacity: number): Uint8Array {
  if (capacity <= bytes.length) return bytes;
  const grown = new Uint8Array(Math.max(capacity, bytes.length * 2));
  grown.set(bytes);
  return grown;
}
