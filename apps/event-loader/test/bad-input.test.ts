import { join } from "node:path";
import { describeBadInput } from "@millrace/testkit";
import { recordingBytes } from "./helpers.ts";
import { runMain } from "./run-main.ts";

const goodInput = recordingBytes();
const shared = {
  app: "event-loader",
  extension: ".raw",
  goodInput,
  run: runMain,
  truncateAt: goodInput.length - 1,
} as const;
describeBadInput({ ...shared, name: "info", args: (input) => ["info", input, "--strict"] });
describeBadInput({ ...shared, name: "digest", args: (input) => ["digest", input, "--strict"] });
for (const ending of [".arrow", ".parquet"]) {
  describeBadInput({
    ...shared,
    name: `convert to ${ending}`,
    args: (input, output) => ["convert", input, join(output, `out${ending}`), "--strict"],
    fullDiskBytes: 4096,
  });
}
describeBadInput({
  ...shared,
  name: "filter",
  args: (input, output) => ["filter", input, join(output, "out.dat"), "--polarity", "on", "--strict"],
  fullDiskBytes: 4096,
});
describeBadInput({
  ...shared,
  name: "head",
  args: (input) => ["head", input, "--count", "4000", "--strict"],
});
describeBadInput({ ...shared, name: "validate", args: (input) => ["validate", input, "--strict"] });
describeBadInput({ ...shared, name: "diff", args: (input) => ["diff", input, input, "--strict"] });
describeBadInput({
  ...shared,
  name: "cut",
  args: (input, output) => ["cut", input, join(output, "out.npz"), "--skip", "1", "--strict"],
  fullDiskBytes: 4096,
});
describeBadInput({
  ...shared,
  name: "repair",
  args: (input, output) => ["repair", input, join(output, "out.h5"), "--strict"],
  fullDiskBytes: 4096,
});
describeBadInput({
  ...shared,
  name: "convert to .hdf5",
  args: (input, output) => ["convert", input, join(output, "out.hdf5"), "--strict"],
  fullDiskBytes: 4096,
});
