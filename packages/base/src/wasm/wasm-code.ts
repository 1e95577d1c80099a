import { writeVarint } from "../varint.ts";
import { SIMD } from "./wasm-instructions.ts";

/**
 * Writes the instructions of one function: thin names for the binary encoding, no checks. Locals are numbers, the
 * function's parameters first.
 * @example
 * new WasmCode().get(0).i32(2).addI32().tee(0).load(16)
 */
export class WasmCode {
  readonly bytes: number[] = [];

  get(...locals: readonly number[]): this {
    for (const local of locals) this.#write(0x20, ...unsigned(local));
    return this;
  }

  set(local: number): this {
    return this.#write(0x21, ...unsigned(local));
  }

  tee(local: number): this {
    return this.#write(0x22, ...unsigned(local));
  }

  i32(value: number): this {
    return this.#write(0x41, ...signed(value));
  }

  addI32(): this {
    return this.#write(0x6a);
  }

  /** The int32 at the address on the stack + `offset`. */
  loadI32(offset: number): this {
    return this.#write(0x28, 0, ...unsigned(offset));
  }

  /** The 16 bits at the address on the stack + `offset`, unsigned. */
  loadU16(offset: number): this {
    return this.#write(0x2f, 0, ...unsigned(offset));
  }

  /** The byte at the address on the stack + `offset`, unsigned. */
  loadU8(offset: number): this {
    return this.#write(0x2d, 0, ...unsigned(offset));
  }

  /** The int64 at the address on the stack + `offset`. */
  loadLong(offset: number): this {
    return this.#write(0x29, 0, ...unsigned(offset));
  }

  /** Stores an int64 to the address below it on the stack + `offset`. */
  storeLong(offset: number): this {
    return this.#write(0x37, 0, ...unsigned(offset));
  }

  /** Stores the lowest 8, 16 or 32 bits of an int32 to the address below it on the stack + `offset`. */
  storeInt(bits: 8 | 16 | 32, offset: number): this {
    return this.#write({ 8: 0x3a, 16: 0x3b, 32: 0x36 }[bits], 0, ...unsigned(offset));
  }

  /** An instruction on the int32 on the stack: two of them, or one for `isZero`, `clz` and `popcount`. */
  int(instruction: number): this {
    return this.#write(instruction);
  }

  /** Shifts or masks by a constant, or compares with one. */
  intBy(instruction: number, value: number): this {
    return this.i32(value).int(instruction);
  }

  /** Runs `body` once; {@link leave} goes to its end. */
  block(body: () => void): this {
    this.#write(0x02, 0x40);
    body();
    return this.#write(0x0b);
  }

  /** Runs `body` once; {@link leave} goes to its beginning. */
  loop(body: () => void): this {
    this.#write(0x03, 0x40);
    body();
    return this.#write(0x0b);
  }

  /** Runs `body` when the int32 on the stack is not 0, else `otherwise`; either counts as a level for {@link leave}. */
  when(body: () => void, otherwise?: () => void): this {
    this.#write(0x04, 0x40);
    body();
    if (otherwise !== undefined) {
      this.#write(0x05);
      otherwise();
    }
    return this.#write(0x0b);
  }

  /** Goes on at the end of the block, or at the beginning of the loop, so many levels out: 0 is the innermost. */
  leave(levels: number): this {
    return this.#write(0x0c, ...unsigned(levels));
  }

  /** As {@link leave}, when the int32 on the stack is not 0. */
  leaveIf(levels: number): this {
    return this.#write(0x0d, ...unsigned(levels));
  }

  /** Repeats `body` while it leaves another number than 0 on the stack; runs it once at least. */
  repeatWhile(body: () => void): this {
    this.#write(0x03, 0x40);
    body();
    return this.#write(0x0d, 0x00, 0x0b);
  }

  /** 1 when the two int32 on the stack differ, else 0. */
  differI32(): this {
    return this.#write(0x47);
  }

  /** Repeats `body` until `counter`, lowered by one each time, is 0; `counter` must start above 0. */
  repeat(counter: number, body: () => void): this {
    return this.repeatWhile(() => {
      body();
      this.get(counter).i32(-1).addI32().tee(counter);
    });
  }

  /** A vector instruction without immediates. */
  simd(instruction: number): this {
    return this.#write(0xfd, ...unsigned(instruction));
  }

  /** Shifts each lane by a constant; by 0 it is left out. */
  shift(instruction: number, bits: number): this {
    return bits === 0 ? this : this.i32(bits).simd(instruction);
  }

  /** Loads 16 bytes from the address on the stack + `offset`; no alignment is promised. */
  load(offset: number): this {
    return this.simd(SIMD.load).#write(0, ...unsigned(offset));
  }

  /** Loads 8 bytes into the lower half; the upper one is zeros. */
  load64(offset: number): this {
    return this.simd(0x5d).#write(0, ...unsigned(offset));
  }

  /** Stores 16 bytes to the address below them on the stack + `offset`. */
  store(offset: number): this {
    return this.simd(SIMD.store).#write(0, ...unsigned(offset));
  }

  constant(bytes: Uint8Array): this {
    return this.simd(SIMD.const).#write(...bytes);
  }

  /** Stores lane `lane` of 32 or 64 bits to the address below the vector on the stack + `offset`. */
  storeLane(bits: 32 | 64, lane: number, offset: number): this {
    return this.simd(bits === 32 ? 0x5a : 0x5b).#write(0, ...unsigned(offset), lane);
  }

  /** Sixteen bytes of the two vectors on the stack: 0 to 15 of the first, 16 to 31 of the second. */
  shuffle(bytes: readonly number[]): this {
    return this.simd(SIMD.shuffle).#write(...bytes);
  }

  /** Lane `lane` of the vector on the stack, in all four places. */
  broadcast32(local: number, lane: number): this {
    this.get(local, local).simd(SIMD.shuffle);
    for (let i = 0; i < 16; i++) this.#write(lane * 4 + (i % 4));
    return this;
  }

  /** The int32 in lane `lane`. */
  extract32(lane: number): this {
    return this.simd(SIMD.extractLane32).#write(lane);
  }

  #write(...bytes: readonly number[]): this {
    this.bytes.push(...bytes);
    return this;
  }
}

/** Unsigned LEB128, as sizes, indices and offsets are written. */
export function unsigned(value: number): number[] {
  const bytes = new Uint8Array(8);
  return [...bytes.subarray(0, writeVarint(bytes, 0, value))];
}

/** Signed LEB128 of an int32, as constants are written. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const byte = rest & 127;
    rest >>= 7;
    // Done when what is left is the sign that the reader fills up with.
    if (rest === (byte & 64 ? -1 : 0)) return [...bytes, byte];
    bytes.push(byte | 128);
  }
}
