/** Units looked at together: what does not fit into one such part is not looked for there again. */
const PART_UNITS = 4096;
const ANY_FITS = 255;

/** Which units of a file are in use: finds runs of free ones, near each other where it can. */
export class FreeUnits {
  #used: Uint8Array;
  /** The units from here on were never used. */
  #end: number;
  #free: number;
  /** By part: the shortest run that is known not to be there. */
  #tooLong: Uint8Array;
  #part = 0;

  /** @param start - units before it are not given out @param end - units of the file; they count as free */
  constructor(start: number, end: number) {
    this.#used = new Uint8Array(Math.max(PART_UNITS, end));
    this.#used.fill(1, 0, start);
    this.#end = Math.max(start, end);
    this.#free = this.#end - start;
    this.#tooLong = new Uint8Array(Math.ceil(this.#used.length / PART_UNITS)).fill(ANY_FITS);
  }

  /** Units of the file. */
  get end(): number {
    return this.#end;
  }

  /** How many units before the end are free. */
  get free(): number {
    return this.#free;
  }

  /** Takes units that are free. @returns false, and nothing taken, when they are not */
  take(start: number, count: number): boolean {
    if (start + count > this.#end) return false;
    for (let unit = start; unit < start + count; unit++) if (this.#used[unit] !== 0) return false;
    this.#used.fill(1, start, start + count);
    this.#free -= count;
    return true;
  }

  /** The first of `count` units that were free, below 255; at the end where there are none before. */
  allocate(count: number): number {
    if (this.#free >= count) {
      const parts = Math.ceil(this.#end / PART_UNITS);
      for (let looked = 0; looked < parts; looked++) {
        const part = (this.#part + looked) % parts;
        if (this.#tooLong[part]! <= count) continue;
        const start = findRun(this.#used, part * PART_UNITS, this.#endOfPart(part), count);
        if (start < 0) {
          this.#tooLong[part] = count;
          continue;
        }
        this.#part = part;
        this.#used.fill(1, start, start + count);
        this.#free -= count;
        return start;
      }
    }
    const start = this.#end;
    this.#grow(start + count);
    this.#used.fill(1, start, start + count);
    return start;
  }

  release(start: number, count: number): void {
    this.#used.fill(0, start, start + count);
    this.#free += count;
    this.#tooLong[Math.floor(start / PART_UNITS)] = ANY_FITS;
    this.#tooLong[Math.floor((start + count - 1) / PART_UNITS)] = ANY_FITS;
  }

  /** Gives up the free units at the end. @returns the new end */
  trim(): number {
    while (this.#end > 0 && this.#used[this.#end - 1] === 0) {
      this.#end--;
      this.#free--;
    }
    return this.#end;
  }

  #endOfPart(part: number): number {
    return Math.min(this.#end, (part + 1) * PART_UNITS);
  }

  #grow(end: number): void {
    if (end > this.#used.length) {
      const used = new Uint8Array(Math.max(end, 2 * this.#used.length));
      used.set(this.#used);
      this.#used = used;
      const tooLong = new Uint8Array(Math.ceil(used.length / PART_UNITS)).fill(ANY_FITS);
      tooLong.set(this.#tooLong);
      this.#tooLong = tooLong;
    }
    this.#end = end;
  }
}

function findRun(used: Uint8Array, start: number, end: number, count: number): number {
  let run = 0;
  for (let unit = start; unit < end; unit++) {
    run = used[unit] === 0 ? run + 1 : 0;
    if (run === count) return unit - count + 1;
  }
  return -1;
}
