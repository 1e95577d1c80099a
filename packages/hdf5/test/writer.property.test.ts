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
      const threads = dice.next().value! < 5 ? "caller" : "pool";
      const writer = await Hdf5Writer.create(vfs, "a.h5", {
        durability: "os",
        checkpointBytes: 2000,
        threads,
      });
      // Calls that are awaited, that are not, and that are done at once, in any mixture.
      const between = async (): Promise<void> => {
        const face = dice.next().value;
        if (face === 0) await writer.checkpoint();
        else if (face === 1) writer.checkpointSync();
        else if (face === 2) writer.checkpoint().catch(() => {});
      };
      await writePlan(writer.root, plan, between, async (dataset, values) => {
        const face = dice.next().value!;
        const given = values as Float64Array;
        if (face < 3) await dataset.append(given);
        else if (face < 6) dataset.append(given).catch(() => {});
        else dataset.appendSync(given);
      });
      if (dice.next().value! < 5) await writer.close();
      else writer.closeSync();
      expect(readImage(await bytesOf(vfs, "a.h5"))).toEqual(expectedOf(plan));
    }),
    { numRuns: 120 },
  );
});
