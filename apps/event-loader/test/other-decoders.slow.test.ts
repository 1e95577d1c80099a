import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { seededRandom } from "@millrace/base";
import { pythonWithPackages } from "@millrace/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeEcf } from "../src/encoders/ecf-encoder.ts";
import { openEventSink } from "../src/index.ts";
import { chunkOf, type Event, ecfRecords } from "./helpers.ts";

const pathOf = (name: string): string => fileURLToPath(new URL(`./peers/${name}`, import.meta.url));
const requirements = readFileSync(pathOf("requirements.txt"), "utf8")
  .split("\n")
  .filter((line) => /^\w/.test(line));
const python = pythonWithPackages(requirements);
const SIZE = { width: 640, height: 480 };

describe.skipIf(python === undefined)(
  "decoders that are not ours (aedat, evlib, expelliarmus, faery from PyPI)",
  () => {
    let folder = "";
    const sums = { events: 0, t: 0, x: 0, y: 0, p: 0 };
    const events: Event[] = [];

    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "millrace-decoders-"));
      const random = seededRandom(71);
      let t = 100;
      for (let i = 0; i < 200_000; i++) {
        t += random.nextInt(0, 30);
        const event = [t, random.nextInt(0, 639), random.nextInt(0, 479), random.nextInt(0, 1)] as const;
        events.push(event);
        sums.events++;
        sums.t += event[0];
        sums.x += event[1];
        sums.y += event[2];
        sums.p += event[3];
      }
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    // expelliarmus takes falling low times of EVT3 for wraps; evlib has no zstd in AEDAT 4; faery turns ES upside down.
    it.each([
      ["EVT2", "evt2.raw", ["expelliarmus", "faery", "evlib"]],
      ["EVT2.1", "evt21.raw", ["evlib"]],
      ["EVT3", "evt3.raw", ["faery", "evlib"]],
      ["DAT", "a_td.dat", ["expelliarmus", "faery"]],
      ["AEDAT4", "a.aedat4", ["aedat", "faery"]],
      ["ES", "a.es", ["faery"]],
    ] as const)("%s", async (format, file, decoders) => {
      const path = join(folder, file);
      await using sink = await openEventSink(path, { to: format, size: SIZE });
      for (let i = 0; i < events.length; i += 50_000) await sink.write(chunkOf(events.slice(i, i + 50_000)));
      await sink.finish();
      const expected = format === "ES" ? { ...sums, y: (SIZE.height - 1) * sums.events - sums.y } : sums;
      for (const decoder of decoders) {
        const { stdout, stderr } = spawnSync(python!, [pathOf("sums.py"), decoder, format, path], {
          encoding: "utf8",
        });
        expect(stdout, stderr).not.toBe("");
        expect({ decoder, ...JSON.parse(stdout.trim().split("\n").at(-1)!) }).toEqual({
          decoder,
          ...expected,
        });
      }
    });

    // evlib looks for the beginning of a chunk inside of HDF5 files by guessing; its codec is asked directly.
    const forms: readonly (readonly [name: string, length: number, step: (random: number) => number])[] = [
      ["scattered", 1, (random) => random],
      ["rows of far columns", 30, (random) => 40 + random],
      ["rows of near columns", 30, (random) => 1 + (random % 3)],
    ];
    it.each(forms)("ECF of %s (evlib)", (_, length, step) => {
      const random = seededRandom(13);
      const chunk: Event[] = [];
      for (
        let t = 2 ** 33;
        chunk.length < 16_384;
        t += random.next() < 0.01 ? 70_000 : random.nextInt(0, 40)
      ) {
        const [y, p] = [random.nextInt(0, 2047), random.nextInt(0, 1)];
        let x = random.nextInt(0, 300);
        for (let i = length; i > 0 && x < 2048; i--, x += step(random.nextInt(0, 9)))
          chunk.push([t, x, y, p]);
      }
      const path = join(folder, "chunk.ecf");
      writeFileSync(path, encodeEcf(ecfRecords(chunk)));
      const { stdout, stderr } = spawnSync(python!, [pathOf("sums.py"), "evlib-ecf", "ECF", path], {
        encoding: "utf8",
      });
      expect(stdout, stderr).not.toBe("");
      const sum = (i: 0 | 1 | 2 | 3): number => chunk.reduce((total, event) => total + event[i], 0);
      expect(JSON.parse(stdout.trim().split("\n").at(-1)!)).toEqual({
        events: chunk.length,
        t: sum(0),
        x: sum(1),
        y: sum(2),
        p: sum(3),
      });
    });
  },
);
