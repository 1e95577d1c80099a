import { expect, it } from "vitest";
import { countEventsPerPixel } from "../src/index.ts";
import { openBytes, readEvents } from "./helpers.ts";

it("counts each pixel's events, without those outside", async () => {
  await using recording = await openBytes("%geometry:3,2\n0,0,1,1\n2,1,0,2\n2,1,1,3\n3,0,1,4\n0,2,1,5\n");
  const { values, width, height } = await countEventsPerPixel(recording);
  expect([[...values], width, height]).toEqual([[1, 0, 0, 0, 0, 2], 3, 2]);
});

it("needs a size, and one that fits in memory", async () => {
  await using empty = await openBytes("t,x,y,p\n");
  await expect(countEventsPerPixel(empty)).rejects.toMatchObject({ code: "EVENTS_GEOMETRY_UNKNOWN" });
  await using huge = await openBytes("0.1 65535 65535 1\n0.2 1 1 0\n");
  await readEvents(huge);
  await expect(countEventsPerPixel(huge)).rejects.toMatchObject({ code: "EVENTS_PIXELS_LIMIT" });
});
