import { expect, it } from "vitest";
import { seeMovingPicture } from "../src/moving-picture.ts";

const options = { width: 64, height: 48, durationMs: 60, seed: 3 };

it("sees events in order, inside the sensor, of both polarities, the same for the same seed", () => {
  const events = seeMovingPicture(options);
  const { t, x, y, p } = events.view();
  expect(events.rowCount).toBeGreaterThan(500);
  for (let i = 1; i < events.rowCount; i++) expect(t[i]! >= t[i - 1]!).toBe(true);
  expect(Math.max(...x)).toBeLessThan(64);
  expect(Math.max(...y)).toBeLessThan(48);
  expect(new Set(p)).toEqual(new Set([0, 1]));
  expect(seeMovingPicture(options).view()).toEqual(events.view());
});

it("sees nothing at the first instant: only change makes events", () => {
  expect(seeMovingPicture({ ...options, durationMs: 0 }).rowCount).toBe(0);
});
