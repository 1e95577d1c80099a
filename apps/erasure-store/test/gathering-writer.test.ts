import { seededRandom } from "@millrace/base";
import { expect, it } from "vitest";
import { GatheringWriter } from "../src/gathering-writer.ts";

const MIB = 1024 * 1024;

/** Writes that end in another order than they began. */
function newTarget(failAt = Number.POSITIVE_INFINITY) {
  const random = seededRandom(3);
  const written: Uint8Array[] = [];
  let [underWay, most] = [0, 0];
  const write = async (bytes: Uint8Array): Promise<void> => {
    const place = written.push(bytes) - 1;
    underWay++;
    most = Math.max(most, underWay);
    for (let turns = random.nextInt(0, 20); turns >= 0; turns--) await Promise.resolve();
    underWay--;
    if (place === failAt) throw new Error("the disk is full");
    // Read at the last moment: what a writer changed too early would be seen.
    written[place] = bytes.slice();
  };
  return { write, written, underWay: () => underWay, most: () => most };
}

it.each([0, 1, MIB - 1, MIB, MIB + 1, 9 * MIB + 12_345])(
  "%i bytes arrive in order, whatever their pieces",
  async (length) => {
    const bytes = seededRandom(length).fill(new Uint8Array(length));
    const random = seededRandom(4);
    const target = newTarget();
    const writer = new GatheringWriter(target.write);
    const piece = new Uint8Array(2 * MIB);
    for (let at = 0; at < length; ) {
      const part = bytes.subarray(at, at + random.nextInt(1, piece.length));
      piece.set(part);
      await writer.add(piece.subarray(0, part.length));
      at += part.length;
    }
    await writer.finish();
    expect(target.underWay()).toBe(0);
    expect(Buffer.compare(Buffer.concat(target.written), bytes)).toBe(0);
    expect(target.most()).toBeLessThanOrEqual(4);
  },
);

it.each([0, 3, 9])("the failure of write %i is told, and no write goes on behind it", async (failAt) => {
  const target = newTarget(failAt);
  const writer = new GatheringWriter(target.write);
  const work = async (): Promise<void> => {
    for (let i = 0; i < 10; i++) await writer.add(new Uint8Array(MIB));
    await writer.finish();
  };
  await expect(work()).rejects.toThrow("the disk is full");
  await writer.settle();
  expect(target.underWay()).toBe(0);
});
