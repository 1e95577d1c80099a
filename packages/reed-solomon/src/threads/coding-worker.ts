import { assert, type WasmMemory, webAssembly } from "@millrace/base";
import { serveTasks } from "@millrace/stream/worker";
import { MatrixEngine } from "../matrix-engine.ts";
import { findSwizzle, WasmArithmetic } from "../wasm/wasm-arithmetic.ts";
import type { CodingTask } from "./coding-task.ts";

let arithmetic: WasmArithmetic | undefined;
const memories = new Map<number, WasmMemory>();
const engines = new Map<string, MatrixEngine>();

// A thread of a `ThreadedEngine`: codes stripes where they are.
serveTasks(async (task: CodingTask): Promise<void> => {
  const { dataShards, parityShards, matrix, stripes, loss } = task;
  arithmetic ??= newArithmetic(task.threads);
  let memory = memories.get(task.memoryId);
  if (memory === undefined) {
    memory = task.memory;
    arithmetic.adopt(memory);
    memories.set(task.memoryId, memory);
  }
  const key = `${matrix} ${dataShards} ${parityShards}`;
  const engine = engines.get(key) ?? new MatrixEngine(arithmetic, matrix, dataShards, parityShards);
  engines.set(key, engine);
  const { buffer } = memory;
  const shards = task.shardsAt.map((at) => new Uint8Array(buffer, Math.max(0, at), task.shardBytes));
  if (loss === undefined) await engine.encode(shards, stripes);
  else await engine.reconstruct(shards, loss.present, loss.wanted, stripes);
});

function newArithmetic(threads: number): WasmArithmetic {
  const api = webAssembly();
  const swizzle = api === undefined ? undefined : findSwizzle(api);
  assert(api !== undefined && swizzle !== undefined, "WebAssembly runs in a thread where it runs in another");
  return new WasmArithmetic(api, swizzle, threads);
}
