import { type LoadOptions, loadEvents, openRecording } from "@millrace/event-loader";
import type { BenchmarkCase, Contender } from "./case.ts";
import { checkSums, eventFilePath, makeEventFile, sumEvents } from "./event-files.ts";

/** Decodes a recording into chunks that are given back at once, from the file to the last event. */
export function decoding(format: string, events: number): Contender {
  const path = eventFilePath(format, events);
  return {
    name: "millrace",
    prepare: async () => {
      const sums = await makeEventFile(format, events);
      await using checked = await openRecording(path);
      checkSums(await sumEvents(checked.events()), sums);
      return async () => {
        await using recording = await openRecording(path);
        for await (const chunk of recording.events()) chunk.release();
      };
    },
  };
}

/** A recording decoded on one core, to so many events a second. */
export function decodingCase(format: string, events: number, perSecond: number): BenchmarkCase {
  return {
    unit: "events",
    amount: events,
    ours: decoding(format, events),
    peers: [],
    reach: { perSecond },
  };
}

/** Loads a whole recording into the columns of an Arrow table. */
export function loading(name: string, format: string, events: number, options: LoadOptions = {}): Contender {
  const path = eventFilePath(format, events);
  const filled: LoadOptions = { memoryLimit: 32 * events, ...options };
  return {
    name,
    prepare: async () => {
      const sums = await makeEventFile(format, events);
      if ((options.workers ?? 1) > 1) {
        await using recording = await openRecording(path);
        await recording.openIndex();
      }
      const load = async (): Promise<number> => {
        const { numRows } = await loadEvents(path, filled);
        if (numRows !== sums.events) throw new Error(`${numRows} events, not ${sums.events}`);
        return numRows;
      };
      await load();
      return async () => void (await load());
    },
  };
}
