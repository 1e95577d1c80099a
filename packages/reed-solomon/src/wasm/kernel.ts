import { SIMD, type WasmCode, wasmModule } from "@millrace/base";

/** Most outputs of one kernel: with two vectors each, eight sums, which leaves the tables room in 16 registers. */
export const MAX_KERNEL_ROWS = 4;
/** Bytes of a shard that one turn of a kernel makes at the most. */
export const TURN_BYTES = 32;
/** Bytes of the tables of one coefficient: its products with 0 to 15, then those with 16 · (0 to 15). */
export const TABLE_BYTES = 32;
/** Rows and one more, times inputs, up to which a kernel has no inner loop: some 70 bytes of code each, under 4 KiB. */
const MAX_UNROLLED = 50;

/**
 * Multiplies a range of shards by the rows of a matrix.
 * @param tables - address of the tables, in the order of `nibbleTables`
 * @param inputs - address of the addresses of the inputs
 * @param inputsEnd - the address behind those
 * @param outputs - address of the addresses of the outputs
 * @param start - first byte of the range in each shard
 * @param end - its end; a multiple of {@link TURN_BYTES} above `start`
 */
export type Kernel = (
  tables: number,
  inputs: number,
  inputsEnd: number,
  outputs: number,
  start: number,
  end: number,
) => void;

/** Rows and columns of the blocks of a matrix in which a cell depends on row XOR column alone; 1 where there are none. */
export type BlockSize = 1 | 2 | 4;

/** What a kernel is written for; the coefficients are in its tables. */
export interface KernelShape {
  /** Outputs, 1 to {@link MAX_KERNEL_ROWS}; a multiple of `block`. */
  readonly rows: number;
  /** Inputs, or 0: any number of them, in an inner loop; a multiple of `block`. */
  readonly inputs: number;
  /** What its matrices consist of. */
  readonly block: BlockSize;
}

/** The int32 locals of every kernel; behind them come the vectors, first the mask of half a byte. */
const TABLES = 0;
const INPUTS = 1;
const INPUTS_END = 2;
const OUTPUTS = 3;
const POSITION = 4;
const END = 5;
const TABLE = 6;
const INPUT = 7;
const ADDRESS = 8;
const MASK = 9;
/** The first local that a {@link KernelBody} may use as it likes; these are vectors. */
export const FIRST_SUM = 10;

/** The two parts in which kernels differ. */
export interface KernelBody {
  /** Its vector locals, from {@link FIRST_SUM} on: first the sums, which start as zeros where there is a loop. */
  readonly sums: number;
  readonly others: number;
  /** Inputs that `addInputs` takes at once, and bytes of the tables of these. */
  readonly inputsAtOnce: number;
  readonly tableBytes: number;
  /** Bytes of each shard in a turn. */
  readonly turnBytes: number;
  /**
   * Adds the products of a few inputs to the sums, or begins them.
   * @param table - the local with the tables' address; theirs begin `tableOffset` bytes behind it
   * @param loadInput - puts 16 bytes of the i-th input on the stack
   */
  addInputs(
    code: WasmCode,
    isFirst: boolean,
    table: number,
    tableOffset: number,
    loadInput: (i: number, offset: number) => void,
  ): void;
  /** Puts 16 bytes of an output on the stack. */
  finish(code: WasmCode, row: number, offset: number): void;
}

/** Which kernel serves `rows` rows of a matrix of `inputs` columns. */
export function kernelShape(rows: number, inputs: number, block: BlockSize): KernelShape {
  return { rows, inputs: (rows + 1) * inputs <= MAX_UNROLLED ? inputs : 0, block };
}

/**
 * Writes what all kernels have: the loop over the shards' bytes and, where it is wanted, that over the inputs.
 * @param isShared - whether threads share the memory
 */
export function loopModule(
  { rows, inputs }: KernelShape,
  body: KernelBody,
  isShared: boolean,
): Uint8Array<ArrayBuffer> {
  const { sums, others, inputsAtOnce, tableBytes, turnBytes } = body;
  const address = (code: WasmCode, pointers: number, n: number): WasmCode =>
    code
      .get(pointers)
      .loadI32(4 * n)
      .get(POSITION)
      .addI32();
  const addInputs = (code: WasmCode, isFirst: boolean, from: { table: number; input: number; n: number }) =>
    body.addInputs(code, isFirst, from.table, (from.n / inputsAtOnce) * tableBytes, (i, offset) =>
      address(code, from.input, from.n + i).load(offset),
    );
  const turn = (code: WasmCode): void => {
    for (let n = 0; n < inputs; n += inputsAtOnce) {
      addInputs(code, n === 0, { table: TABLES, input: INPUTS, n });
    }
    if (inputs === 0) {
      for (let sum = FIRST_SUM; sum < FIRST_SUM + sums; sum++) code.i32(0).simd(SIMD.splat32).set(sum);
      code.get(TABLES).set(TABLE).get(INPUTS).set(INPUT);
      code.repeatWhile(() => {
        addInputs(code, false, { table: TABLE, input: INPUT, n: 0 });
        code.get(TABLE).i32(tableBytes).addI32().set(TABLE);
        code.get(INPUT).i32(4 * inputsAtOnce);
        code.addI32().tee(INPUT).get(INPUTS_END).differI32();
      });
    }
    for (let row = 0; row < rows; row++) {
      address(code, OUTPUTS, row).set(ADDRESS);
      for (let offset = 0; offset < turnBytes; offset += 16) {
        code.get(ADDRESS);
        body.finish(code, row, offset);
        code.store(offset);
      }
    }
    code.get(POSITION).i32(turnBytes).addI32().tee(POSITION).get(END).differI32();
  };
  return wasmModule({
    parameters: 6,
    hasResult: false,
    integers: 3,
    vectors: 1 + sums + others,
    isShared,
    write: (code) => {
      code.i32(0x0f0f0f0f).simd(SIMD.splat32).set(MASK);
      code.repeatWhile(() => turn(code));
    },
  });
}

/** Splits the vector on the stack into the lower halves of its bytes, in a local, and the upper ones, in the next. */
export function splitHalves(code: WasmCode, low: number): void {
  // Byte lanes cannot be shifted in one instruction; what the neighbour shifts in is masked away.
  code
    .tee(low)
    .shift(SIMD.shrU16, 4)
    .get(MASK)
    .simd(SIMD.and)
    .set(low + 1);
  code.get(low, MASK).simd(SIMD.and).set(low);
}
