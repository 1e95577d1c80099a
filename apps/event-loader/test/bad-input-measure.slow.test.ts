import { describeBadInput } from "@millrace/testkit";
import { recordingBytes } from "./helpers.ts";

const goodInput = recordingBytes();
for (const name of ["stats", "bench", "profile", "index"] as const) {
  describeBadInput({
    app: "event-loader",
    extension: ".raw",
    goodInput,
    // An index holds what there is.
    ...(name === "index" ? {} : { truncateAt: goodInput.length - 1 }),
    name,
    args: (input) => [name, input, "--strict"],
  });
}
