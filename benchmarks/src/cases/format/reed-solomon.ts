import { seededRandom } from "@millrace/base";
import {
  type EngineName,
  type ErasureEngine,
  isRonomonInstalled,
  newReedSolomon,
  newRonomonEngine,
} from "@millrace/reed-solomon";
import type { BenchmarkCase, BenchmarkCases, Contender, Work } from "../../case.ts";
import { importPeer, PeerMissingError } from "../../peers.ts";

/** What a shard gets of a stripe: small enough that a stripe stays in the second cache. */
const UNIT_BYTES = 65_536;
/** Stripes of one run, one after the other through the same memory. */
const STRIPES = 16;
const WASM_PEER = "@subspace/reed-solomon-erasure.wasm";

/** The part of the peer's API that is used (its index.d.ts); 0 is its RESULT_OK. */
interface SubspaceModule {
  readonly ReedSolomonErasure: { fromCurrentDirectory(): Promise<SubspaceCode> };
}
interface SubspaceCode {
  encode(shards: Uint8Array, dataShards: number, parityShards: number): number;
  reconstruct(shards: Uint8Array, dataShards: number, parityShards: number, present: boolean[]): number;
}

/** A code, and the shards that are lost; none where it is encoding that is timed. */
interface Shape {
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
function ours(name: string, engineName: EngineName, shape: Shape, isAllocated: boolean): Contender {
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
function subspace(shape: Shape): Contender {
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

/** The native addon behind our interface; its parity is its own, so it is checked by repairing with it. */
function ronomon(shape: Shape): Contender {
  const name = "@ronomon/reed-solomon";
  const prepare = async (): Promise<Work> => {
    if (!(await isRonomonInstalled())) throw new PeerMissingError(name, undefined);
    const engine = await newRonomonEngine(codeOf(shape));
    const shards = await expectedShards(shape);
    await engine.encode(shards);
    const expected = shards.map((shard) => shard.slice());
    const numbers = shards.map((_, i) => i);
    shards[0]!.fill(0);
    await engine.reconstruct(shards, numbers.slice(1), [0]);
    check(shards, expected);
    return await workOf(engine, shards, shape);
  };
  return { name, prepare };
}

/** The bytes are those of the data: parity comes on top. */
function shapeCase(
  dataShards: number,
  parityShards: number,
  lost: readonly number[],
  isAllocated: boolean,
  ratio: number | undefined,
): BenchmarkCase {
  const shape: Shape = { dataShards, parityShards, lost };
  return {
    unit: "bytes",
    amount: STRIPES * dataShards * UNIT_BYTES,
    ours: ours("millrace (wasm)", "wasm", shape, isAllocated),
    peers: [ours("millrace (TypeScript)", "typescript", shape, isAllocated), subspace(shape), ronomon(shape)],
    ...(ratio === undefined ? {} : { reach: { ratio, peers: [WASM_PEER] } }),
  };
}

export const cases: BenchmarkCases = {
  "4+2": shapeCase(4, 2, [], true, 15),
  "8+4": shapeCase(8, 4, [], true, 15),
  "10+4": shapeCase(10, 4, [], true, 15),
  "17+3": shapeCase(17, 3, [], true, 15),
  // Data shards are lost: parity is not what the wasm package gives back.
  "reconstruct-4+2": shapeCase(4, 2, [0, 1], true, 15),
  "4+2-ordinary-memory": shapeCase(4, 2, [], false, undefined),
  "10+4-ordinary-memory": shapeCase(10, 4, [], false, undefined),
};
