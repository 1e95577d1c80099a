import { createRequire } from "node:module";
import { seededRandom } from "@millrace/base";
import {
  type EngineName,
  type ErasureEngine,
  isRonomonInstalled,
  newReedSolomon,
  newThreadedReedSolomon,
} from "@millrace/reed-solomon";
import type { Contender, PythonContender, Work } from "./case.ts";
import { importPeer, PeerMissingError } from "./peers.ts";

/** What a shard gets of a stripe: small enough that a stripe stays in the second cache. */
export const UNIT_BYTES = 65_536;
/** Stripes of one run, one after the other through the same memory. */
export const STRIPES = 16;
export const WASM_PEER = "@subspace/reed-solomon-erasure.wasm";
export const RONOMON = "@ronomon/reed-solomon";
/** The module that has the addon among its dependencies. */
const RONOMON_FROM = new URL("../../packages/reed-solomon/src/ronomon.ts", import.meta.url);
/** What a rotating contender goes through, all shards together: far more than any cache. */
const ROTATION_BYTES = 512 * 1024 * 1024;
/** Sets that the threads have on their way at a time. */
const SETS = 4;
/** Stripes of one run of {@link threads}. */
export const THREAD_STRIPES: number = SETS * STRIPES;

/** The part of the peer's API that is used (its index.d.ts); 0 is its RESULT_OK. */
interface SubspaceModule {
  readonly ReedSolomonErasure: { fromCurrentDirectory(): Promise<SubspaceCode> };
}
interface SubspaceCode {
  encode(shards: Uint8Array, dataShards: number, parityShards: number): number;
  reconstruct(shards: Uint8Array, dataShards: number, parityShards: number, present: boolean[]): number;
}

/** A code, and the shards that are lost; none where it is encoding that is timed. */
export interface Shape {
  readonly dataShards: number;
  readonly parityShards: number;
  readonly lost: readonly number[];
}

/** Units of random data, and the parity that our TypeScript engine makes of them. */
async function expectedShards({ dataShards, parityShards }: Shape): Promise<Uint8Array[]> {
  const engine = newReedSolomon({ dataShards, parityShards, engine: "typescript" });
  const shards = engine.allocateShards(UNIT_BYTES);
  const random = seededRandom(1);
  for (const shard of shards.slice(0, dataShards)) random.fill(shard);
  await engine.encode(shards);
  return shards;
}

/** Throws when shards are not what they should be. */
function check(found: readonly Uint8Array[], expected: readonly Uint8Array[]): void {
  if (expected.some((shard, i) => Buffer.compare(shard, found[i]!) !== 0)) throw new Error("wrong shards");
}

/** Times an engine of ours over shards that are all there but those to make. */
async function workOf(engine: ErasureEngine, shards: Uint8Array[], { lost }: Shape): Promise<Work> {
  const numbers = shards.map((_, i) => i);
  const present = numbers.filter((i) => !lost.includes(i));
  return async () => {
    for (let i = 0; i < STRIPES; i++) {
      if (lost.length === 0) await engine.encode(shards);
      else await engine.reconstruct(shards, present, lost);
    }
  };
}

/** An engine of ours, over memory that it allocates or over ordinary memory. */
export function ours(name: string, engineName: EngineName, shape: Shape, isAllocated: boolean): Contender {
  const prepare = async (): Promise<Work> => {
    const expected = await expectedShards(shape);
    const engine = newReedSolomon({ ...codeOf(shape), engine: engineName });
    const shards = isAllocated
      ? engine.allocateShards(UNIT_BYTES)
      : expected.map(() => new Uint8Array(UNIT_BYTES));
    for (const [i, shard] of shards.entries()) {
      if (shape.lost.length > 0 ? !shape.lost.includes(i) : i < shape.dataShards) shard.set(expected[i]!);
    }
    const work = await workOf(engine, shards, shape);
    await work();
    check(shards, expected);
    return work;
  };
  return { name, prepare };
}

function codeOf({ dataShards, parityShards }: Shape): { dataShards: number; parityShards: number } {
  return { dataShards, parityShards };
}

/** The wasm package: a contiguous array, which it copies into its memory and back. */
export function subspace(shape: Shape): Contender {
  const { dataShards, parityShards, lost } = shape;
  const prepare = async (): Promise<Work> => {
    const peer = await importPeer<SubspaceModule>(WASM_PEER);
    const code = await peer.ReedSolomonErasure.fromCurrentDirectory();
    const expected = await expectedShards(shape);
    const all = Buffer.concat(expected);
    const shards = new Uint8Array(all.length);
    shards.set(all);
    const present = expected.map((_, i) => !lost.includes(i));
    const missing = lost.length > 0 ? lost : expected.map((_, i) => i).slice(dataShards);
    for (const i of missing) shards.fill(0, i * UNIT_BYTES, (i + 1) * UNIT_BYTES);
    const work = (): void => {
      for (let i = 0; i < STRIPES; i++) {
        const result =
          lost.length === 0
            ? code.encode(shards, dataShards, parityShards)
            : code.reconstruct(shards, dataShards, parityShards, present);
        if (result !== 0) throw new Error(`${WASM_PEER}: result ${result}`);
      }
    };
    work();
    // Both make klauspost's bytes.
    check([shards], [all]);
    return work;
  };
  return { name: WASM_PEER, prepare };
}

/** What is used of the native addon (its README, "Usage"). */
interface RonomonModule {
  create(k: number, m: number): Uint8Array;
  encode(...args: readonly unknown[]): void;
}

/** The native addon by its own interface, over units of a megabyte that lie as it wants them: its best case. */
export function ronomon(shape: Shape): Contender {
  const { dataShards, parityShards } = shape;
  const prepare = async (): Promise<Work> => {
    if (!(await isRonomonInstalled())) throw new PeerMissingError(RONOMON, undefined);
    const addon = createRequire(RONOMON_FROM)(RONOMON) as RonomonModule;
    const unitBytes = STRIPES * UNIT_BYTES;
    const dataBytes = dataShards * unitBytes;
    const memory = new Uint8Array(dataBytes + parityShards * unitBytes);
    seededRandom(1).fill(memory.subarray(0, dataBytes));
    const context = addon.create(dataShards, parityShards);
    const all = 2 ** (dataShards + parityShards) - 1;
    const data = 2 ** dataShards - 1;
    const make = (wanted: number): Promise<void> =>
      new Promise((resolve, reject) => {
        const end = (error: Error | undefined): void => (error ? reject(error) : resolve());
        const parityBytes = memory.length - dataBytes;
        const sources = wanted === all - data ? data : all - wanted;
        addon.encode(context, sources, wanted, memory, 0, dataBytes, memory, dataBytes, parityBytes, end);
      });
    await make(all - data);
    // Its parity is its own, so it is checked by repairing with it.
    const first = memory.slice(0, unitBytes);
    memory.fill(0, 0, unitBytes);
    await make(1);
    check([memory.subarray(0, unitBytes)], [first]);
    const wanted = shape.lost.length === 0 ? all - data : shape.lost.reduce((sum, i) => sum + 2 ** i, 0);
    return () => make(wanted);
  };
  return { name: RONOMON, prepare };
}

/** Encodes with threads; a few sets of stripes are on their way at once, as a store has them. */
export function threads(shape: Shape, count: number): Contender {
  const prepare = async (): Promise<Work> => {
    const expected = await expectedShards(shape);
    // Its threads end with the process.
    const engine = newThreadedReedSolomon({ ...codeOf(shape), threads: count });
    const stripes = { start: 0, unitBytes: UNIT_BYTES, stride: UNIT_BYTES + 8, count: STRIPES };
    const sets = Array.from({ length: SETS }, () => engine.allocateShards(STRIPES * stripes.stride));
    for (const set of sets) {
      for (let i = 0; i < STRIPES; i++) {
        for (let n = 0; n < shape.dataShards; n++) set[n]!.set(expected[n]!, i * stripes.stride);
      }
    }
    const work = async (): Promise<void> => {
      await Promise.all(sets.map((set) => engine.encode(set, stripes)));
    };
    await work();
    const last = (STRIPES - 1) * stripes.stride;
    for (const set of sets) {
      check(
        set.map((shard) => shard.subarray(last, last + UNIT_BYTES)),
        expected,
      );
    }
    return work;
  };
  return { name: `millrace (${count} threads)`, prepare };
}

/** Encodes stripe after stripe of half a gigabyte, from its start again at its end. */
export function rotating(shape: Shape): Contender {
  const prepare = async (): Promise<Work> => {
    const expected = await expectedShards(shape);
    const engine = newReedSolomon({ ...codeOf(shape), engine: "wasm" });
    const count = Math.floor(ROTATION_BYTES / (expected.length * UNIT_BYTES));
    const shards = engine.allocateShards(count * UNIT_BYTES);
    for (let i = 0; i < count; i++) {
      for (let n = 0; n < shape.dataShards; n++) shards[n]!.set(expected[n]!, i * UNIT_BYTES);
    }
    let at = 0;
    const work = async (): Promise<void> => {
      for (let i = 0; i < STRIPES; i++, at = (at + 1) % count) {
        const stripes = { start: at * UNIT_BYTES, unitBytes: UNIT_BYTES, stride: UNIT_BYTES, count: 1 };
        await engine.encode(shards, stripes);
      }
    };
    for (let i = 0; i * STRIPES < count; i++) await work();
    const start = (count - 1) * UNIT_BYTES;
    check(
      shards.map((shard) => shard.subarray(start, start + UNIT_BYTES)),
      expected,
    );
    return work;
  };
  return { name: "millrace (512 MB)", prepare };
}

/** ISA-L and klauspost/reedsolomon, which are neither in Node nor in JavaScript. */
export function otherLanguages({ dataShards, parityShards }: Shape): PythonContender[] {
  const args = [dataShards, parityShards, UNIT_BYTES, STRIPES].map(String);
  return [
    { name: "ISA-L (C, assembler)", script: "isal_encode.py", args },
    { name: "klauspost/reedsolomon (Go)", script: "go_peer.py", args: ["klauspost", ...args] },
  ];
}
