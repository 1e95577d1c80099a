import { seededRandom } from "@millrace/base";
import { describe, expect, it } from "vitest";
import { expectPrefix, mutate, readAll, sourceOf } from "./harness.ts";
import { hardeningSamples } from "./samples.ts";

/** How thorough the suite is. */
export interface HardeningEffort {
  /** Places at which each file is cut off; Infinity for every byte. */
  readonly cuts: number;
  /** Damaged files of each format. */
  readonly mutations: number;
}

/** More than reading any of these small files may take for good, whatever they claim. */
const MEMORY_BYTES = 1024 * 1024 * 1024;

/** The promises that hold for every format: any splits, any cut, any damage. */
export async function describeHardening({ cuts, mutations }: HardeningEffort): Promise<void> {
  describe.each(await hardeningSamples())("$name", (sample) => {
    it("gives the same events, byte by byte, at any splits, and into chunks of any size", async () => {
      const whole = await readAll(sourceOf(sample), sample.options);
      expect(whole.code).toBeUndefined();
      expect(whole.events.length).toBeGreaterThanOrEqual(200);
      const random = seededRandom(1);
      for (const readBytes of [1, random.nextInt(2, 99), random.nextInt(100, 5000)]) {
        const options = { ...sample.options, readBytes, rowsPerChunk: random.nextInt(32, 400) };
        expect(await readAll(sourceOf(sample), options)).toEqual(whole);
      }
    });

    it("gives a beginning of the same events, or an error of ours, when it is cut off", async () => {
      const { events } = await readAll(sourceOf(sample), sample.options);
      const { length } = sample.bytes;
      const count = Math.min(cuts, length);
      for (let cut = 0; cut < count; cut++) {
        const end = Math.floor((cut * length) / count);
        const part = await readAll(sourceOf(sample, sample.bytes.slice(0, end)), sample.options);
        expectPrefix(events, part, sample.isText === true);
      }
    });

    it(`gives events or an error of ours for ${mutations} damaged files, in bounded memory`, async () => {
      const random = seededRandom(7);
      const before = process.memoryUsage.rss();
      for (let round = 0; round < mutations; round++) {
        await readAll(sourceOf(sample, mutate(sample.bytes, random)), sample.options, true);
      }
      expect(process.memoryUsage.rss() - before).toBeLessThan(MEMORY_BYTES);
    });
  });
}
