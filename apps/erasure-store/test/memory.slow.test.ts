import { seededRandom } from "@millrace/base";
import { MemoryVfs, type OpenFlags, type VfsFile } from "@millrace/files";
import { expect, it } from "vitest";
import { makeStore } from "./stores.ts";

const MIB = 1024 * 1024;
const OBJECT_BYTES = 20 * 1024 * MIB;
const MOST_GROWTH_BYTES = 128 * MIB;

/** Keeps everything but what is in shards: of those it counts the bytes. */
class DiscardingVfs extends MemoryVfs {
  discardedBytes = 0;

  override async open(path: string, flags: OpenFlags): Promise<VfsFile> {
    const file = await super.open(path, flags);
    if (!path.includes("/shards/")) return file;
    file.write = async (bytes) => {
      this.discardedBytes += bytes.length;
    };
    file.writeSync = (bytes) => {
      this.discardedBytes += bytes.length;
    };
    return file;
  }
}

it("a put of 20 GiB takes no more memory than its stripes", async () => {
  const chunk = seededRandom(1).fill(new Uint8Array(MIB));
  let most = 0;
  function* source(bytes: number): Generator<Uint8Array, void, undefined> {
    for (let at = 0; at < bytes; at += MIB) {
      if (at % (64 * MIB) === 0) most = Math.max(most, process.memoryUsage.rss());
      yield chunk;
    }
  }
  const vfs = new DiscardingVfs();
  const { store } = await makeStore({ unitBytes: 65_536 }, vfs);
  // The first put compiles and takes its buffers, which are used again.
  await store.put("first", source(256 * MIB));
  const before = process.memoryUsage.rss();
  most = 0;
  vfs.discardedBytes = 0;
  const { bytes } = await store.put("o", source(OBJECT_BYTES));
  expect(bytes).toBe(OBJECT_BYTES);
  expect(vfs.discardedBytes).toBeGreaterThan(OBJECT_BYTES * 1.5);
  expect(most - before).toBeLessThan(MOST_GROWTH_BYTES);
}, 300_000);
