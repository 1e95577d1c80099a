import { seededRandom } from "@millrace/base";
import { expect, it } from "vitest";
import { FramePool } from "../src/index.ts";

it("hands frames out that nobody else has, zeroed where that is wanted", () => {
  const pool = new FramePool({ frameBytes: 1024, limitBytes: 64 * 1024 });
  const random = seededRandom(1);
  const taken: { frame: Uint8Array<ArrayBuffer>; mark: number }[] = [];
  for (let step = 0; step < 20_000; step++) {
    if (taken.length > 0 && random.next() < (step % 4000 < 2000 ? 0.4 : 0.6)) {
      const [{ frame, mark } = { frame: new Uint8Array(0), mark: 0 }] = taken.splice(
        random.nextInt(0, taken.length - 1),
        1,
      );
      expect(frame.every((byte) => byte === mark)).toBe(true);
      pool.give(frame);
    } else {
      const zero = random.next() < 0.5;
      const frame = pool.take(zero);
      expect(frame.length).toBe(1024);
      if (zero) expect(frame.every((byte) => byte === 0)).toBe(true);
      const mark = random.nextInt(1, 255);
      frame.fill(mark);
      taken.push({ frame, mark });
    }
    expect(pool.stats().outstandingBytes).toBe(taken.length * 1024);
  }
  expect(pool.stats().hits).toBeGreaterThan(5000);
});

it("gives memory back beyond its limit once no frame of a piece is in use, and keeps none where that is 0", () => {
  const limitBytes = 1024 * 1024;
  const pool = new FramePool({ frameBytes: 8192, limitBytes });
  const frames = Array.from({ length: 1024 }, () => pool.take());
  for (const frame of frames) pool.give(frame);
  expect(pool.stats()).toEqual({ hits: 0, misses: 1024, retainedBytes: limitBytes, outstandingBytes: 0 });
  const unlimited = new FramePool({ limitBytes: 0 });
  unlimited.give(unlimited.take());
  unlimited.take();
  expect(unlimited.stats()).toMatchObject({ hits: 0, misses: 2, retainedBytes: 0 });
});

it("allocates far fewer array buffers than frames", () => {
  const pool = new FramePool({ frameBytes: 4096 });
  const buffers = new Set(Array.from({ length: 1024 }, () => pool.take().buffer));
  expect(buffers.size).toBe(8);
});

it("refuses what is not its own, and what was given back before", () => {
  const pool = new FramePool({ frameBytes: 1024 });
  const other = new FramePool({ frameBytes: 1024 });
  const frame = pool.take();
  expect(() => other.give(frame)).toThrow(expect.objectContaining({ code: "BUFFERS_POOL_FOREIGN" }));
  expect(() => pool.give(frame.subarray(1))).toThrow(
    expect.objectContaining({ code: "BUFFERS_POOL_FOREIGN" }),
  );
  pool.give(frame);
  expect(() => pool.give(frame)).toThrow(expect.objectContaining({ code: "BUFFERS_POOL_DOUBLE_GIVE" }));
  expect(() => new FramePool({ frameBytes: 100 })).toThrow(/frameBytes/);
});
