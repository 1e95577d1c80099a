import { type LoadOptions, loadEvents, openRecording } from "@millrace/event-loader";
import type { BenchmarkCase, Contender } from "./case.ts";
import { checkSums, eventFilePath, makeEventFile, type Scene, sumEvents } from "./event-files.ts";

/** Decodes a recording into chunks that are given back at once, from the file to the last event. */
export function decoding(
  format: string,
  events: number,
  scene: Scene = "bars",
  name = "millrace",
): Contender {
  const path = eventFilePath(format, events, scene);
  return {
    name,
    prepare: async () => {
      const sums = await makeEventFile(format, events, scene);
      await using checked = await openRecording(path);
      checkSums(await sumEvents(checked.events()), sums);
      return async () => {
        await using recording = await openRecording(path);
        for await (const chunk of recording.events()) chunk.release();
      };
    },
  };
}

/** The same without WebAssembly, as an engine or a policy may have it. */
export function decodingWithoutKernels(format: string, events: number, scene: Scene = "bars"): Contender {
  const { name, prepare } = decoding(format, events, scene, "TypeScript");
  return {
    name,
    prepare: () => {
      // Each contender has a process of its own.
      Reflect.deleteProperty(globalThis, "WebAssembly");
      return prepare();
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
    isHeavy: true,
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
