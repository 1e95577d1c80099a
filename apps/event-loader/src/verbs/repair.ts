import { formatByteSize } from "@millrace/base";
import type { VerbSpec } from "@millrace/cli";
import { microseconds } from "./filter-flags.ts";
import { addInputFlags, describeViolations, type InputFlags, openInput } from "./input-flags.ts";
import { addOutputFlags, checkOutput, type OutputFlags, tellOutput } from "./output-flags.ts";

interface RepairFlags extends InputFlags, OutputFlags {
  readonly sort?: number;
  readonly dropOutside?: boolean;
}

/** `repair <in> <out>`: what can be saved of a damaged recording. */
export const repairVerb: VerbSpec<RepairFlags> = {
  usage: "repair <in> <out>",
  summary: "writes what can be saved of a damaged recording, and says what it did",
  example: "repair damaged.raw good.raw --sort 10ms --drop-outside",
  flags: (command) =>
    addOutputFlags(addInputFlags(command))
      .option(
        "--sort <time>",
        "sort events that are out of order by up to so much; later ones are left out",
        microseconds,
      )
      .option("--drop-outside", "leave out events outside the sensor"),
  action: async (context, [input, output], flags) => {
    checkOutput(output!, context, input!);
    await using recording = await openInput(input!, flags, context, "repair");
    const { repairRecording } = await import("../repair.ts");
    const report = await repairRecording(recording, output!, {
      sortWindowUs: flags.sort ?? 0,
      dropsOutside: flags.dropOutside === true,
      to: flags.to,
    });
    const { read, written, bytes, sorted, late, outside, cut } = report;
    const { format, violations } = recording;
    return tellOutput(
      output!,
      {
        input,
        output,
        format,
        read,
        written,
        bytes,
        sorted,
        late,
        outside,
        cut: cut ?? null,
        violations,
      },
      [
        ["input", input],
        ["output", output],
        ["events read", read],
        ["events written", written],
        ["size", formatByteSize(bytes)],
        ["sorted", sorted],
        ["left out, too late", late],
        ["left out, outside", outside],
        ["violations", describeViolations(recording)],
        ["cut off", cut ?? "nothing"],
      ],
    );
  },
};
