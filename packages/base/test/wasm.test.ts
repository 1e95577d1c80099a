import { describe, expect, it } from "vitest";
import { INT, SIMD, type WasmFunction, wasmModule, webAssembly } from "../src/index.ts";

const api = webAssembly()!;

/** Compiles a function over a memory of one page. */
function compile(parts: Pick<WasmFunction, "write"> & Partial<WasmFunction>): {
  run: (...parameters: number[]) => number;
  bytes: Uint8Array;
} {
  const memory = new api.Memory({ initial: 1 });
  const module = wasmModule({ parameters: 1, hasResult: true, integers: 0, vectors: 0, ...parts });
  const instance = new api.Instance(new api.Module(module), { env: { memory } });
  return {
    run: instance.exports.run as (...parameters: number[]) => number,
    bytes: new Uint8Array(memory.buffer),
  };
}

describe("a module written at run time", () => {
  it("has int32 constants of every length", () => {
    for (const value of [0, 1, -1, 63, 64, -64, -65, 8191, 8192, -8193, 2 ** 31 - 1, -(2 ** 31)]) {
      expect(compile({ write: (code) => code.i32(value) }).run(0)).toBe(value);
    }
  });

  it("repeats while there is something left", () => {
    const { run } = compile({
      integers: 1,
      write: (code) => code.repeat(0, () => code.get(1).i32(3).addI32().set(1)).get(1),
    });
    expect(run(1)).toBe(3);
    expect(run(100)).toBe(300);
    const differ = compile({
      integers: 1,
      write: (code) => code.repeatWhile(() => code.get(1).i32(1).addI32().tee(1).get(0).differI32()).get(1),
    });
    expect(differ.run(7)).toBe(7);
  });

  it("loads, computes and stores 16 bytes at an offset", () => {
    const { run, bytes } = compile({
      hasResult: false,
      vectors: 1,
      write: (code) =>
        code.get(0).load(16).tee(1).get(0).load(200).simd(SIMD.xor).set(1).get(0).get(1).store(32),
    });
    for (let i = 0; i < 16; i++) {
      bytes[17 + i] = 17 * i;
      bytes[201 + i] = 255 - i;
    }
    expect(run(1)).toBeUndefined();
    for (let i = 0; i < 16; i++) expect(bytes[33 + i]).toBe((17 * i) ^ (255 - i));
    // Little-endian, as the memory is.
    const word = compile({ write: (code) => code.get(0).loadI32(4) });
    word.bytes.set([1, 2, 3, 4], 8);
    expect(word.run(4)).toBe(0x04030201);
  });

  it("chooses, leaves blocks and goes on with loops", () => {
    // The sum of the odd numbers up to the parameter, and -1 for those above 100.
    const { run } = compile({
      integers: 2,
      write: (code) =>
        code
          .block(() => {
            code.i32(-1).set(1);
            code.get(0).i32(100).int(INT.isAboveS).leaveIf(0);
            code.i32(0).set(1);
            code.block(() =>
              code.loop(() => {
                code.get(2, 0).int(INT.isBelowS).int(INT.isZero).leaveIf(1);
                code.get(2).i32(1).addI32().tee(2).intBy(INT.and, 1);
                code.when(
                  () => code.get(1, 2).addI32().set(1),
                  () => code.get(1).set(1),
                );
                code.leave(0);
              }),
            );
          })
          .get(1),
    });
    expect([0, 1, 2, 5, 100, 101].map((n) => run(n))).toEqual([0, 1, 1, 9, 2500, -1]);
  });

  it("takes integers by their bits, and stores 8, 16 and 32 of them", () => {
    const value = 0b1011000 | 0;
    const unary = (op: number): number => compile({ write: (code) => code.get(0).int(op) }).run(value);
    expect([INT.isZero, INT.clz, INT.popcount].map(unary)).toEqual([0, 25, 3]);
    const binary = (op: number): number => compile({ write: (code) => code.get(0).intBy(op, 3) }).run(-100);
    const operations = [
      INT.isEqual,
      INT.isBelowS,
      INT.isBelowU,
      INT.sub,
      INT.or,
      INT.xor,
      INT.shl,
      INT.shrS,
      INT.shrU,
    ];
    expect(operations.map(binary)).toEqual([0, 1, 0, -103, -97, -97, -800, -13, 536_870_899]);
    const { run, bytes } = compile({
      write: (code) => {
        for (const [bits, offset] of [
          [8, 10],
          [16, 20],
          [32, 30],
        ] as const)
          code.get(0).i32(-2).storeInt(bits, offset);
        return code.get(0).loadU16(20);
      },
    });
    expect(run(1)).toBe(0xfffe);
    expect([...bytes.subarray(11, 13), ...bytes.subarray(21, 24), ...bytes.subarray(31, 36)]).toEqual([
      254, 0, 254, 255, 0, 254, 255, 255, 255, 0,
    ]);
  });
});
