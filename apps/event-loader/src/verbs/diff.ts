import { formatAmount, formatFacts, type VerbSpec } from "@millrace/cli";
import { diffRecordings, type EventValues } from "../diff.ts";
import { addInputFlags, type InputFlags, noteViolations, openInput } from "./input-flags.ts";

/** `diff <a> <b>`: whether two recordings have the same events. */
export const diffVerb: VerbSpec<InputFlags> = {
  usage: "diff <a> <b>",
  summary: "compares the events of two recordings of any formats; exit 1 when they differ",
  example: "diff drive.raw drive.h5",
  flags: addInputFlags,
  action: async (context, [first, second], flags) => {
    await using a = await openInput(first!, flags, context, "diff");
    await using b = await openInput(second!, flags, context, "diff");
    const { eventsA, eventsB, firstDifference } = await diffRecordings(a, b);
    for (const recording of [a, b]) noteViolations(recording, context);
    const isSame = firstDifference === null;
    return {
      json: {
        a: first,
        b: second,
        formatA: a.format,
        formatB: b.format,
        eventsA,
        eventsB,
        isSame,
        firstDifference,
      },
      text: formatFacts([
        [first!, `${a.format}, ${formatAmount(eventsA, "event")}`],
        [second!, `${b.format}, ${formatAmount(eventsB, "event")}`],
        ["first difference", isSame ? "none" : `event ${firstDifference.event}`],
        [`in ${first}`, isSame ? undefined : describe(firstDifference.a)],
        [`in ${second}`, isSame ? undefined : describe(firstDifference.b)],
      ]),
      isFailure: !isSame,
    };
  },
};

function describe(event: EventValues | null): string {
  return event === null ? "none: it has ended" : `t ${event.t} µs, x ${event.x}, y ${event.y}, p ${event.p}`;
}
