import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pythonWithPackages } from "@millrace/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApngWriter, colourTable, encodePng, GifWriter } from "../src/index.ts";

const python = pythonWithPackages(["pillow==12.0.0"]);

/** Prints size, and for each frame how long it stays and its colours, as JSON. */
const READER = `
import base64, json, sys
from PIL import Image
image = Image.open(sys.argv[1])
frames = []
for i in range(getattr(image, "n_frames", 1)):
    image.seek(i)
    frames.append([image.info.get("duration"), base64.b64encode(image.convert("RGB").tobytes()).decode()])
print(json.dumps({"size": image.size, "frames": frames}))
`;

describe.skipIf(python === undefined)("Pillow from PyPI", () => {
  const [width, height] = [123, 77];
  const palette = colourTable("magma");
  const frames = Array.from({ length: 4 }, (_, frame) =>
    Uint8Array.from({ length: width * height }, (_, i) => (Math.imul(i + frame, 2654435761) >>> 7) % 256),
  );
  const colours = frames.map((frame) =>
    Buffer.from(Array.from(frame).flatMap((colour) => [...palette.subarray(3 * colour, 3 * colour + 3)])),
  );
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "millrace-images-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const read = (name: string, parts: readonly Uint8Array[]) => {
    const path = join(folder, name);
    writeFileSync(path, Buffer.concat(parts));
    const { stdout, stderr } = spawnSync(python!, ["-c", READER, path], { maxBuffer: 2 ** 28 });
    expect(stderr.toString()).toBe("");
    return JSON.parse(stdout.toString()) as { size: number[]; frames: [number | null, string][] };
  };

  it("reads PNG, APNG and GIF as they were meant", () => {
    const options = { width, height, palette, fps: 20 };
    const png = read("a.png", [encodePng(frames[0]!, options)]);
    expect(png).toEqual({ size: [width, height], frames: [[null, colours[0]!.toString("base64")]] });
    for (const [name, writer] of [
      ["a.apng", new ApngWriter(options)],
      ["a.gif", new GifWriter(options)],
    ] as const) {
      const pieces = frames.map((frame) => writer.frame(frame));
      const found = read(name, [writer.header(frames.length), ...pieces, writer.end()]);
      expect(found.size).toEqual([width, height]);
      expect(found.frames).toEqual(colours.map((frame) => [50, frame.toString("base64")]));
    }
  });
});
