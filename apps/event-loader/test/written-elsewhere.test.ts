import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { seededRandom } from "@millrace/base";
import { tempDirectory } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { openEventSink } from "../src/index.ts";
import { chunkOf, type Event } from "./helpers.ts";

const PYTHON = "/usr/bin/python3";
const SCRIPT = fileURLToPath(new URL("./fixtures/read_written.py", import.meta.url));
const hasH5py = spawnSync(PYTHON, ["-c", "import h5py"]).status === 0;

/** Events whose chunks of 16,384 take each of ECF's three forms. */
function scene(kind: "scattered" | "rows" | "vectors"): Event[] {
  const random = seededRandom(91);
  const events: Event[] = [];
  for (
    let t = 123_456_789;
    events.length < 40_000;
    t += random.next() < 0.001 ? 400_000 : random.nextInt(0, 40)
  ) {
    const [y, p] = [random.nextInt(0, 479), random.nextInt(0, 1)];
    const count = kind === "scattered" ? 1 : random.nextInt(5, 40);
    let x = random.nextInt(0, 500);
    for (let i = 0; i < count; i++) {
      events.push([t, x, y, p]);
      x = kind === "vectors" ? x + random.nextInt(1, 3) : random.nextInt(0, 639);
    }
  }
  return events.filter(([, x]) => x < 640);
}

describe.skipIf(!hasH5py)("h5py and NumPy find what we wrote (needs python3-h5py)", () => {
  it.each(["scattered", "rows", "vectors"] as const)("%s events", async (kind) => {
    using directory = tempDirectory();
    const events = scene(kind);
    writeFileSync(join(directory.path, "events.json"), JSON.stringify(events));
    const triggers = {
      t: BigInt64Array.of(BigInt(events[0]![0]), BigInt(events.at(-1)![0])),
      id: Uint8Array.of(0, 3),
      value: Uint8Array.of(1, 0),
    };
    for (const [file, to] of [
      ["a.h5", undefined],
      ["a.hdf5", undefined],
      ["a.npy", undefined],
      ["a.npz", undefined],
      ["rpg.txt", undefined],
      ["v2e.txt", "v2e-text"],
      ["a.csv", "metavision-csv"],
    ] as const) {
      const options = { to, size: { width: 640, height: 480 }, triggers: () => triggers };
      await using sink = await openEventSink(join(directory.path, file), options);
      for (let i = 0; i < events.length; i += 7000) await sink.write(chunkOf(events.slice(i, i + 7000)));
      await sink.finish();
    }
    const { stdout, stderr } = spawnSync(
      PYTHON,
      [SCRIPT, join(directory.path, "events.json"), directory.path],
      {
        encoding: "utf8",
      },
    );
    expect(stdout, stderr).toBe(`${events.length} events\n`);
  });
});
