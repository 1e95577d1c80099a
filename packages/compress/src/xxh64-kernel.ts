import { INT, LONG, loadKernels, onceOrNever, type WasmCode, wasmModule } from "@millrace/base";

/** Bytes that the kernel hashes at a time; a longer input continues from one piece to the next. */
export const PIECE_BYTES = 65_536;

/** The primes of the xxHash specification, section "XXH64 algorithm description". */
export const PRIMES: readonly bigint[] = Object.freeze([
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
]);

// Addresses.
const PRIMES_AT = 0;
const STATE_AT = 64;
const INPUT_AT = 1024;
const PAGES = 2;

/** The kernels with what they share. */
export interface Xxh64Kernels {
  readonly input: Uint8Array;
  /** Words of: the four lanes, the seed, the length of all input (64 bits each), and the hash. */
  readonly state: Uint32Array;
  /** Adds the first `length` bytes of the input, a multiple of 32 above 0, to the lanes. */
  addStripes(length: number): void;
  /** Ends with the first `length` bytes of the input, fewer than 32. */
  finish(length: number): void;
}

/** Where the seed, the length and the hash are among the words of the state. */
export const STATE_WORDS: Readonly<Record<"lanes" | "seed" | "length" | "hash" | "count", number>> =
  Object.freeze({
    lanes: 0,
    seed: 8,
    length: 10,
    hash: 12,
    count: 14,
  });

/** The kernels, compiled when they are first asked for; undefined where the engine has no WebAssembly. */
export const xxh64Kernels: () => Xxh64Kernels | undefined = onceOrNever(() => {
  const loaded = loadKernels(PAGES, [stripesModule(), finishModule()]);
  if (loaded === undefined) return undefined;
  const { buffer } = loaded.memory;
  new BigUint64Array(buffer, PRIMES_AT, PRIMES.length).set(PRIMES);
  const [addStripes, finish] = loaded.runs;
  return {
    input: new Uint8Array(buffer, INPUT_AT, PIECE_BYTES + 8),
    state: new Uint32Array(buffer, STATE_AT, STATE_WORDS.count),
    addStripes: (length) => void addStripes!(INPUT_AT, INPUT_AT + length),
    finish: (length) => void finish!(INPUT_AT, INPUT_AT + length),
  };
});

const [AT, END] = [0, 1];
const ZERO = 2;
const stateAt = (word: number): number => STATE_AT + 4 * word;
const laneAt = (lane: number): number => stateAt(STATE_WORDS.lanes) + 8 * lane;

/** Loads an int64 from a fixed address. */
function loadFrom(code: WasmCode, address: number): WasmCode {
  return code.get(ZERO).loadLong(address);
}

function rotate(code: WasmCode, bits: number, local: number): void {
  // The number of bits is an int64, too, which no instruction here makes but this one.
  code.set(local).get(local).i32(bits).int(LONG.fromI32U).int(LONG.rotl);
}

function stripesModule(): Uint8Array {
  const LANES = 3;
  const [PRIME_1, PRIME_2, TURN] = [LANES + 4, LANES + 5, LANES + 6];
  return wasmModule({
    parameters: 2,
    hasResult: false,
    integers: 1,
    vectors: 0,
    longs: 7,
    write: (code) => {
      loadFrom(code, PRIMES_AT).set(PRIME_1);
      loadFrom(code, PRIMES_AT + 8).set(PRIME_2);
      code.i32(31).int(LONG.fromI32U).set(TURN);
      for (let lane = 0; lane < 4; lane++) loadFrom(code, laneAt(lane)).set(LANES + lane);
      code.repeatWhile(() => {
        for (let lane = 0; lane < 4; lane++) {
          code.get(LANES + lane, AT).loadLong(8 * lane);
          code.get(PRIME_2).int(LONG.mul).int(LONG.add);
          code.get(TURN).int(LONG.rotl).get(PRIME_1).int(LONG.mul);
          code.set(LANES + lane);
        }
        code.get(AT).i32(32).addI32().tee(AT).get(END).differI32();
      });
      for (let lane = 0; lane < 4; lane++)
        code
          .get(ZERO)
          .get(LANES + lane)
          .storeLong(laneAt(lane));
    },
  });
}

function finishModule(): Uint8Array {
  const [HASH, VALUE, SCRATCH] = [3, 4, 5];
  const prime = (code: WasmCode, number: number): WasmCode => loadFrom(code, PRIMES_AT + 8 * (number - 1));
  /** What one int64 on the stack becomes before it is joined to the hash: a round from an empty lane. */
  const round = (code: WasmCode): void => {
    prime(code, 2).int(LONG.mul);
    rotate(code, 31, SCRATCH);
    prime(code, 1).int(LONG.mul);
  };
  const shiftMix = (code: WasmCode, bits: number): void => {
    code.get(HASH, HASH).i32(bits).int(LONG.fromI32U).int(LONG.shrU).int(LONG.xor);
  };
  const advance = (code: WasmCode, bytes: number): void => {
    code.get(AT).i32(bytes).addI32().set(AT);
  };
  const whileLeft = (code: WasmCode, bytes: number, body: () => void): void => {
    code.block(() =>
      code.loop(() => {
        code.get(END, AT).int(INT.sub).intBy(INT.isBelowS, bytes).leaveIf(1);
        body();
        advance(code, bytes);
        code.leave(0);
      }),
    );
  };
  return wasmModule({
    parameters: 2,
    hasResult: false,
    integers: 1,
    vectors: 0,
    longs: 3,
    write: (code) => {
      const length = stateAt(STATE_WORDS.length);
      // Nothing was added to the lanes where all of the input is shorter than a stripe.
      loadFrom(code, length).i32(5).int(LONG.fromI32U).int(LONG.shrU).int(LONG.isZero);
      code.when(
        () => {
          loadFrom(code, stateAt(STATE_WORDS.seed));
          prime(code, 5).int(LONG.add).set(HASH);
        },
        () => {
          for (const [lane, bits] of [1, 7, 12, 18].entries()) {
            loadFrom(code, laneAt(lane));
            rotate(code, bits, SCRATCH);
            if (lane > 0) code.get(HASH).int(LONG.add);
            code.set(HASH);
          }
          for (let lane = 0; lane < 4; lane++) {
            loadFrom(code, laneAt(lane));
            round(code);
            code.get(HASH).int(LONG.xor);
            prime(code, 1).int(LONG.mul);
            prime(code, 4).int(LONG.add).set(HASH);
          }
        },
      );
      loadFrom(code, length).get(HASH).int(LONG.add).set(HASH);
      whileLeft(code, 8, () => {
        code.get(AT).loadLong(0);
        round(code);
        code.get(HASH).int(LONG.xor);
        rotate(code, 27, SCRATCH);
        prime(code, 1).int(LONG.mul);
        prime(code, 4).int(LONG.add).set(HASH);
      });
      whileLeft(code, 4, () => {
        code.get(AT).loadI32(0).int(LONG.fromI32U);
        prime(code, 1).int(LONG.mul).get(HASH).int(LONG.xor);
        rotate(code, 23, SCRATCH);
        prime(code, 2).int(LONG.mul);
        prime(code, 3).int(LONG.add).set(HASH);
      });
      whileLeft(code, 1, () => {
        code.get(AT).loadU8(0).int(LONG.fromI32U);
        prime(code, 5).int(LONG.mul).get(HASH).int(LONG.xor);
        rotate(code, 11, SCRATCH);
        prime(code, 1).int(LONG.mul).set(HASH);
      });
      shiftMix(code, 33);
      prime(code, 2).int(LONG.mul).set(HASH);
      shiftMix(code, 29);
      prime(code, 3).int(LONG.mul).set(HASH);
      shiftMix(code, 32);
      code.set(VALUE).get(ZERO).get(VALUE).storeLong(stateAt(STATE_WORDS.hash));
    },
  });
}
