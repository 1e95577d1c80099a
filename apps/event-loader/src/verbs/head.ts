import { formatTable, type VerbSpec } from "@millrace/cli";
import { timeOfRow } from "../event-rows.ts";
import { addInputFlags, type InputFlags, openInput } from "./input-flags.ts";
import { parseWhole } from "./parse-whole.ts";

interface HeadFlags extends InputFlags {
  readonly count: number;
}

const DEFAULT_COUNT = 10;
const MOST_EVENTS = 1_000_000;

/** `head <file>`: the first events; nothing is read behind them. */
export const headVerb: VerbSpec<HeadFlags> = {
  usage: "head <file>",
  summary: "shows the first events of a recording",
  example: "head drive.raw -n 20",
  flags: (command) =>
    addInputFlags(command).option(
      "-n, --count <n>",
      "how many events",
      parseWhole("count", 0, MOST_EVENTS),
      DEFAULT_COUNT,
    ),
  action: async (context, [input], flags) => {
    await using recording = await openInput(input!, flags, context, "head");
    const events: { t: number; x: number; y: number; p: number }[] = [];
    for await (const chunk of recording.events()) {
      using held = chunk;
      const { x, y, p } = held.columns;
      const times = held.words("t");
      for (let row = 0; row < held.rowCount && events.length < flags.count; row++) {
        events.push({ t: timeOfRow(times, row), x: x[row]!, y: y[row]!, p: p[row]! });
      }
      if (events.length >= flags.count) break;
    }
    return {
      json: { input, format: recording.format, events },
      text: formatTable(
        ["t (µs)", "x", "y", "p"],
        events.map(({ t, x, y, p }) => [String(t), x, y, p]),
      ),
    };
  },
};
