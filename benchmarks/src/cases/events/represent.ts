import { countFrame, type Representation, timeSurface, voxelGrid } from "@millrace/event-loader";
import type { BenchmarkCase, BenchmarkCases } from "../../case.ts";
import { sceneChunks } from "../../event-chunks.ts";
import { SENSOR } from "../../event-files.ts";

const MILLION = 1_000_000;
const EVENTS = 4 * MILLION;
/** The scene has ten events in a microsecond. */
const WINDOW = { startUs: 0, stopUs: EVENTS / 10, bins: 5 };

/** All events of a scene in one representation, whose values add up to what they must. */
function gathering(make: () => Representation, total: number, perSecond: number): BenchmarkCase {
  return {
    unit: "events",
    amount: EVENTS,
    ours: {
      name: "millrace",
      prepare: async () => {
        const chunks = await sceneChunks(EVENTS);
        const gather = (): Representation => {
          const made = make();
          for (const chunk of chunks) made.add(chunk);
          return made;
        };
        const found = Array.from(gather().values()).reduce((sum, value) => sum + Math.abs(value), 0);
        if (!(found > 0.999 * total)) throw new Error(`the values add up to ${found}, not ${total}`);
        return () => void gather();
      },
    },
    peers: [],
    reach: { perSecond },
  };
}

export const cases: BenchmarkCases = {
  "count-frame": gathering(() => countFrame(SENSOR), EVENTS, 150 * MILLION),
  // Brighter and darker events take from each other: of their sum nothing is known but that there is one.
  "voxel-grid": gathering(() => voxelGrid(SENSOR, WINDOW), 1, 60 * MILLION),
  "time-surface": gathering(() => timeSurface({ ...SENSOR, tauUs: 50_000 }), 1, 100 * MILLION),
};
