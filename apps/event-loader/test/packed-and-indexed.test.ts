import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { writeZip } from "@millrace/compress";
import { type ByteSource, bytesSource } from "@millrace/files";
import { describe, expect, it } from "vitest";
import { openRecording } from "../src/index.ts";
import { openBytes, readEvents, recordingBytes } from "./helpers.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("packed recordings", () => {
  it("gzip is read as what is in it, in chunks of any size", async () => {
    await using plain = await openBytes(recordingBytes());
    const expected = await readEvents(plain);
    for (const rowsPerChunk of [33, 65_536]) {
      await using recording = await openBytes(gzipSync(recordingBytes()), { rowsPerChunk });
      expect(recording).toMatchObject({ format: "EVT3", width: 64, height: 48 });
      expect(await readEvents(recording)).toEqual(expected);
      expect(await readEvents(recording)).toEqual(expected);
    }
    await using text = await openBytes(gzipSync(ascii("t,x,y,p\n5,1,2,1\n")));
    expect(await readEvents(text)).toEqual([[5, 1, 2, 1]]);
  });

  it("gzip that is cut off, of nothing known, or inside of another is refused", async () => {
    const packed = gzipSync(recordingBytes());
    await expect(openBytes(packed.subarray(0, -9))).rejects.toMatchObject({ code: "COMPRESS_DATA_CORRUPT" });
    await expect(openBytes(gzipSync(packed))).rejects.toThrow("gzip inside of gzip");
    await expect(openBytes(gzipSync(Uint8Array.of(1, 2, 3)))).rejects.toMatchObject({
      code: "EVENTS_FORMAT_UNKNOWN",
    });
  });

  it("E2VID's ZIP of one text, whose first line is the sensor's size", async () => {
    const text = ascii("240 180\n1.000003 5 6 1\n1.000004 7 8 0\n");
    await using recording = await openBytes(writeZip(new Map([["events.txt", text]])));
    expect(recording).toMatchObject({ format: "text", width: 240, height: 180 });
    expect(await readEvents(recording)).toEqual([
      [1_000_003, 5, 6, 1],
      [1_000_004, 7, 8, 0],
    ]);
  });
});

/** Counts the bytes that are read. */
function counted(bytes: Uint8Array): ByteSource & { readBytes: number } {
  const source = bytesSource(bytes, "counted");
  const counting = Object.create(source) as ByteSource & { readBytes: number };
  counting.readBytes = 0;
  counting.read = async (into, position) => {
    const count = await source.read(into, position);
    counting.readBytes += count;
    return count;
  };
  counting.close = () => source.close();
  return counting;
}

describe("a bag's index", () => {
  const bag = (name: string): Uint8Array =>
    new Uint8Array(readFileSync(fileURLToPath(new URL(`./fixtures/bags/${name}`, import.meta.url))));

  /** The bag with 300 messages of 100 KB of another topic in its middle. */
  function withOthersInside(name: string): Uint8Array {
    const bytes = bag(name);
    const view = new DataView(bytes.buffer);
    const isMcap = name.endsWith(".mcap");
    const body = new Uint8Array(100_000);
    const record = isMcap ? mcapMessage(body) : ros1Message(body);
    const summaryAt = isMcap
      ? Number(view.getBigUint64(bytes.length - 8 - 20, true))
      : Number(view.getBigUint64(positionOf(bytes, "index_pos=") + 10, true));
    const at = isMcap ? dataEndOf(bytes) : summaryAt;
    const added = 300 * record.length;
    const whole = new Uint8Array(bytes.length + added);
    whole.set(bytes.subarray(0, at));
    for (let i = 0; i < 300; i++) whole.set(record, at + i * record.length);
    whole.set(bytes.subarray(at), at + added);
    const moved = new DataView(whole.buffer);
    if (isMcap) moved.setBigUint64(whole.length - 8 - 20, BigInt(summaryAt + added), true);
    else moved.setBigUint64(positionOf(whole, "index_pos=") + 10, BigInt(summaryAt + added), true);
    return whole;
  }

  it.each(["none.mcap", "ros1_none.bag"])("%s is opened without a look through all of it", async (name) => {
    const bytes = withOthersInside(name);
    const source = counted(bytes);
    await using recording = await openRecording(source);
    expect(bytes.length).toBeGreaterThan(30_000_000);
    expect(source.readBytes).toBeLessThan(400_000);
    expect(await readEvents(recording)).toHaveLength(200);
    // Without the index at its end all of it is looked through, and the same is found.
    const cut = counted(bytes.subarray(0, bytes.length - 30));
    await using unfinished = await openRecording(cut);
    expect(await readEvents(unfinished)).toHaveLength(200);
  });
});

function positionOf(bytes: Uint8Array, text: string): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(text);
}

/** Where the record that ends an MCAP file's data begins. */
function dataEndOf(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer);
  let at = 8;
  while (bytes[at] !== 15) at += 9 + Number(view.getBigUint64(at + 1, true));
  return at;
}

function mcapMessage(body: Uint8Array): Uint8Array {
  const record = new Uint8Array(9 + 22 + body.length);
  const view = new DataView(record.buffer);
  record[0] = 5;
  view.setBigUint64(1, BigInt(22 + body.length), true);
  view.setUint16(9, 999, true);
  return record;
}

function ros1Message(body: Uint8Array): Uint8Array {
  const field = (name: string, value: Uint8Array): Uint8Array => {
    const text = Buffer.concat([ascii(`${name}=`), value]);
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, text.length, true);
    return Buffer.concat([length, text]);
  };
  const header = Buffer.concat([field("op", Uint8Array.of(2)), field("conn", Uint8Array.of(99, 0, 0, 0))]);
  const record = new Uint8Array(8 + header.length + body.length);
  const view = new DataView(record.buffer);
  view.setUint32(0, header.length, true);
  record.set(header, 4);
  view.setUint32(4 + header.length, body.length, true);
  return record;
}
