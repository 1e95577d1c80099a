import { diskVfs } from "@millrace/files";
import { tempDirectory } from "@millrace/testkit";
import { expect, it } from "vitest";
import { hasH5py, hasTools, PYTHON, run } from "./helpers.ts";
import { COUNT_SCRIPT, median, writeEpisodes } from "./many-objects.ts";

it("a checkpoint costs what has changed, however many closed objects there are", () => {
  using directory = tempDirectory();
  const path = `${directory.path}/a.h5`;
  const costs = writeEpisodes(diskVfs, path, 500, 1);
  // Above 32 links the group has a symbol table, a node or two of which come on top.
  expect(median(costs.slice(400))).toBeLessThan(1.2 * median(costs.slice(0, 10)));
  if (hasH5py) expect(run(PYTHON, ["-c", COUNT_SCRIPT, path]).trim()).toBe("500 250000");
  if (hasTools) expect(run("h5dump", ["-H", path]).split("DATASET ").length - 1).toBe(5000);
});
