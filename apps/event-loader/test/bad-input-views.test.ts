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
describeBadInput({
  ...shared,
  name: "render",
  args: (input, output) => [
    "render",
    input,
    join(output, "out.gif"),
    "--scale",
    "4",
    "--fps",
    "1000",
    "--strict",
  ],
  fullDiskBytes: 4096,
});
