import { describeBadInput } from "@millrace/testkit";
import { recordingBytes } from "./helpers.ts";
import { runMain } from "./run-main.ts";

const goodInput = recordingBytes();
for (const name of ["stats", "bench", "profile", "index"] as const) {
  describeBadInput({
    app: "event-loader",
    extension: ".raw",
    goodInput,
    run: runMain,
    // An index holds what there is.
    ...(name === "index" ? {} : { truncateAt: goodInput.length - 1 }),
    name,
    args: (input) => [name, input, "--strict"],
  });
}
