import { MemoryVfs } from "@millrace/files";
import { colourTable } from "@millrace/plot";
import fc from "fast-check";
import { expect, it } from "vitest";
import { EventPainter, RENDER_DECAYS } from "../src/render/event-painter.ts";
import { renderFrames } from "../src/render/render-frames.ts";
import { renderRecording } from "../src/render.ts";
import { chunkOf, type Event, openBytes, recordingBytes } from "./helpers.ts";

const SIZE = { width: 6, height: 4 };
const recordings = fc
  .array(fc.tuple(fc.nat(30), fc.nat(7), fc.nat(4), fc.nat(1)), { minLength: 1, maxLength: 60 })
  .map((steps) => {
    let time = 5000;
    return steps.map(([dt, x, y, p]): Event => {
      time += dt;
      return [time, x, y, p];
    });
  });

async function framesOf(
  events: readonly Event[],
  painter: EventPainter,
  stepUs: number,
): Promise<number[][]> {
  async function* chunks() {
    for (let at = 0; at < events.length; at += 7) yield chunkOf(events.slice(at, at + 7));
  }
  const frames: number[][] = [];
  for await (const frame of renderFrames(chunks(), painter, { stepUs, limit: 1000 })) frames.push([...frame]);
  return frames;
}

it.each(RENDER_DECAYS)("frames hold each pixel's latest event by its age, decay %s", (decay) =>
  fc.assert(
    fc.asyncProperty(recordings, fc.constantFrom("blue-red", "viridis"), async (events, colours) => {
      const options = { accumulationUs: 40, decay, colours, scale: 1, hasTimeCode: false } as const;
      const frames = await framesOf(events, new EventPainter(SIZE, options), 25);
      const start = events[0]![0];
      expect(frames).toHaveLength(Math.floor((events.at(-1)![0] - start) / 25) + 1);
      for (const [k, frame] of frames.entries()) {
        const now = start + 25 * (k + 1);
        for (const [i, level] of frame.entries()) {
          const last = events.findLast(([t, x, y]) => t < now && x === i % 6 && y === Math.floor(i / 6));
          const age = last === undefined ? Infinity : (now - last[0]) / 40;
          const strength = {
            none: age < 1 ? 1 : 0,
            linear: Math.max(0, 1 - age),
            exponential: Math.exp(-age),
          };
          const sign = last?.[3] === 0 ? -1 : 1;
          const exact = colours === "blue-red" ? 127 + sign * 127 * strength[decay] : 254 * strength[decay];
          expect(Math.abs(level - exact)).toBeLessThanOrEqual(0.6);
        }
      }
    }),
    { numRuns: 40 },
  ),
);

it("enlarges pixels, and draws the time in a colour of its own", () => {
  const base = { accumulationUs: 10, decay: "none", colours: "grey" } as const;
  const painter = new EventPainter(SIZE, { ...base, scale: 3, hasTimeCode: false });
  painter.add(chunkOf([[5, 1, 2, 1]]), 0, 1);
  const image = painter.paint(6);
  expect([painter.width, painter.height]).toEqual([18, 12]);
  const lit = [...image.entries()]
    .filter(([, level]) => level > 0)
    .map(([i]) => [i % 18, Math.floor(i / 18)]);
  expect(lit).toEqual([6, 7, 8].flatMap((y) => [3, 4, 5].map((x) => [x, y])));
  expect([...painter.palette.subarray(0, 765)]).toEqual([...colourTable("grey", 255)]);
  const large = new EventPainter({ width: 100, height: 20 }, { ...base, scale: 1, hasTimeCode: true });
  expect(large.paint(1_500_000).filter((level) => level === 255).length).toBeGreaterThan(60);
});

it("writes each kind of image, whole or not at all", async () => {
  const vfs = new MemoryVfs();
  for (const [path, frames, magic] of [
    ["/a.png", 1, "PNG"],
    ["/a.apng", 21, "PNG"],
    ["/a.GIF", 21, "IF8"],
  ] as const) {
    await using recording = await openBytes(recordingBytes());
    const made = await renderRecording(recording, path, { vfs, fps: 1000 });
    expect(made).toMatchObject({ frames, width: 64, height: 48, bytes: (await vfs.stat(path)).size });
    await using file = await vfs.open(path, "r");
    const head = new Uint8Array(4);
    await file.read(head, 0);
    expect(Buffer.from(head).toString("latin1", 1)).toBe(magic);
  }
  await using recording = await openBytes(recordingBytes());
  const failing = [
    ["/b.gif", { frameLimit: 3, fps: 1000 }, "--speed"],
    ["/b.gif", { from: 1e9 }, "at least one event"],
    ["/b.bmp", {}, ".png, .apng, .gif, .mp4"],
    ["/b.gif", { scale: 0 }, "scale"],
    ["/b.gif", { fps: 0 }, "fps"],
  ] as const;
  for (const [path, options, message] of failing) {
    await expect(renderRecording(recording, path, { vfs, ...options })).rejects.toThrow(message);
  }
  expect((await vfs.list("/")).map(({ name }) => name).sort()).toEqual(["a.GIF", "a.apng", "a.png"]);
});
