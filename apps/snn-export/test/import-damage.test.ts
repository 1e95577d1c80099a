import { isMillraceError, seededRandom } from "@millrace/base";
import { MemoryVfs } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { convertExperiment, importSpikes } from "../src/index.ts";
import { recordForConverting } from "./convert-helpers.ts";

/** The bytes of a converted recording. */
async function made(name: string): Promise<Uint8Array> {
  const vfs = new MemoryVfs();
  const { path } = recordForConverting(".", 200, { vfs });
  await convertExperiment(path, name, { vfs });
  await using file = await vfs.open(name, "r");
  const bytes = new Uint8Array(await file.size());
  await file.read(bytes, 0);
  return bytes;
}

/** Imports bytes; true when that went well. @throws what is no error of ours, and when something was left behind */
async function survives(bytes: Uint8Array): Promise<boolean> {
  const vfs = new MemoryVfs();
  await using file = await vfs.open("in.h5", "create");
  await file.write(bytes, 0);
  try {
    await importSpikes("in.h5", "out.h5", { vfs, memoryBytes: 1 << 24 });
    return true;
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    expect((await vfs.list(".")).map(({ name }) => name)).toEqual(["in.h5"]);
    return false;
  }
}

describe.each(["a.sonata", "a.nwb"])("%s that is damaged", (name) => {
  it("cut off anywhere is refused by an error of ours", async () => {
    const bytes = await made(name);
    expect(await survives(bytes)).toBe(true);
    const random = seededRandom(4);
    for (let i = 0; i < 60; i++) await survives(bytes.slice(0, random.nextInt(1, bytes.length - 1)));
    expect(await survives(bytes.slice(0, bytes.length >> 1))).toBe(false);
  });

  it("with flipped bits is refused by an error of ours, or read", async () => {
    const bytes = await made(name);
    const random = seededRandom(5);
    let read = 0;
    for (let i = 0; i < 250; i++) {
      const damaged = bytes.slice();
      // The end is where headers and trees are; elsewhere are mostly values, of which any may be right.
      const start = i % 2 === 0 ? 0 : Math.max(0, bytes.length - 8000);
      for (let k = 0; k < 3; k++)
        damaged[random.nextInt(start, bytes.length - 1)]! ^= 1 << random.nextInt(0, 7);
      if (await survives(damaged)) read++;
    }
    expect(read).toBeLessThan(250);
  });
});
