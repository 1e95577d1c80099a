import { MemoryVfs } from "@millrace/files";
import fc from "fast-check";
import { expect, it } from "vitest";
import { Hdf5Writer } from "../src/index.ts";
import { bytesOf, readImage } from "./helpers.ts";
import { expectedOf, groupPlans, writePlan } from "./random-file.ts";

it("whatever is written, and wherever checkpoints fall, libhdf5 reads it back bit for bit", async () => {
  await fc.assert(
    fc.asyncProperty(groupPlans, fc.infiniteStream(fc.integer({ min: 0, max: 9 })), async (plan, dice) => {
      const vfs = new MemoryVfs();
      const writer = await Hdf5Writer.create(vfs, "a.h5", { durability: "os", checkpointBytes: 2000 });
      await writePlan(writer.root, plan, async () => {
        if (dice.next().value === 0) await writer.checkpoint();
      });
      await writer.close();
      expect(readImage(await bytesOf(vfs, "a.h5"))).toEqual(expectedOf(plan));
    }),
    { numRuns: 120 },
  );
});
