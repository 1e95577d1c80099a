import { seededRandom } from "@millrace/base";
import { describeRecordings, recordingPath } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { openRecording, type Recording } from "../src/index.ts";
import type { CameraFrame } from "../src/side-streams.ts";
import { openBytes, readEvents } from "./helpers.ts";

type Sample = readonly number[];

async function framesOf(recording: Recording): Promise<CameraFrame[]> {
  const frames: CameraFrame[] = [];
  for await (const frame of recording.frames()) frames.push(frame);
  return frames;
}

/** Time, acceleration, rotation, temperature of each sample. */
async function samplesOf(recording: Recording): Promise<Sample[]> {
  const samples: Sample[] = [];
  for await (const chunk of recording.imu()) {
    using held = chunk;
    const { t, ax, ay, az, gx, gy, gz, temperature } = held.columns;
    for (let i = 0; i < held.rowCount; i++) {
      samples.push([Number(t[i]), ...[ax, ay, az, gx, gy, gz, temperature].map((column) => column[i]!)]);
    }
  }
  return samples;
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

/** Bytes of fields, little- or big-endian. */
function fields(
  values: readonly (readonly ["u16" | "i32" | "u32" | "f32" | "i64", number])[],
  isLittle = true,
): Uint8Array {
  const sizes = { u16: 2, i32: 4, u32: 4, f32: 4, i64: 8 } as const;
  const bytes = new Uint8Array(values.reduce((sum, [kind]) => sum + sizes[kind], 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [kind, value] of values) {
    if (kind === "u16") view.setUint16(at, value, isLittle);
    else if (kind === "i32") view.setInt32(at, value, isLittle);
    else if (kind === "u32") view.setUint32(at, value >>> 0, isLittle);
    else if (kind === "f32") view.setFloat32(at, value, isLittle);
    else view.setBigInt64(at, BigInt(value), isLittle);
    at += sizes[kind];
  }
  return bytes;
}

describe("AEDAT 2 of a DAVIS", () => {
  const WIDTH = 240;
  const HEIGHT = 180;
  const word = (address: number, time: number): Uint8Array =>
    fields(
      [
        ["u32", address],
        ["i32", time],
      ],
      false,
    );
  const level = (x: number, y: number, isSignal: boolean, value: number, time: number): Uint8Array =>
    word(0x80000000 | (y << 22) | (x << 12) | (isSignal ? 0x400 : 0) | value, time);
  const imu = (code: number, value: number, time: number): Uint8Array =>
    word(0x80000c00 | (code << 28) | ((value & 0xffff) << 12), time);
  const event = word((3 << 22) | (5 << 12) | 0x800, 50);
  const header = ascii("#!AER-DAT2.0\r\n# AEChip: eu.seebetter.ini.chips.davis.DAVIS240C\r\n");

  /** All resets, then all signals, from the last pixel to the first; events in between. */
  function readout(reset: (i: number) => number, signal: (i: number) => number, from: number): Uint8Array[] {
    const words: Uint8Array[] = [];
    for (const isSignal of [false, true]) {
      for (let i = WIDTH * HEIGHT - 1; i >= 0; i--) {
        const value = isSignal ? signal(i) : reset(i);
        words.push(level(i % WIDTH, Math.floor(i / WIDTH), isSignal, value, from++));
        if (i % 1000 === 0) words.push(event);
      }
    }
    return words;
  }

  it("makes frames of reset and signal levels, and leaves out one that began before the recording", async () => {
    const first = readout(
      (i) => 600 + (i % 400),
      (i) => (i * 7) % 500,
      1000,
    );
    const second = readout(
      () => 100,
      (i) => i % 200,
      900_000,
    );
    const words = [header, ...first.slice(30_000), ...second, ...first, ...first.slice(0, 500)];
    await using recording = await openBytes(new Uint8Array(Buffer.concat(words)));
    const frames = await framesOf(recording);
    const count = WIDTH * HEIGHT;
    expect(
      frames.map(({ t, startT, endT, width, height, channels }) => [
        t,
        startT,
        endT,
        width,
        height,
        channels,
      ]),
    ).toEqual([
      [900_000 + 2 * count - 1, 900_000, 900_000 + 2 * count - 1, WIDTH, HEIGHT, 1],
      [1000 + 2 * count - 1, 1000, 1000 + 2 * count - 1, WIDTH, HEIGHT, 1],
    ]);
    expect(frames[0]!.pixels).toEqual(
      Uint16Array.from({ length: count }, (_, i) => Math.max(0, 100 - (i % 200))),
    );
    expect(frames[1]!.pixels).toEqual(
      Uint16Array.from({ length: count }, (_, i) => Math.max(0, 600 + (i % 400) - ((i * 7) % 500))),
    );
    expect((await readEvents(recording)).every(([, x, y]) => x === 5 && y === 3)).toBe(true);
  });

  it("makes inertial samples of seven words, and leaves out those with words missing", async () => {
    const words = [8192, -8192, 4096, 340, 655, -131, 0];
    const sample = (from: number): Uint8Array[] => words.map((value, code) => imu(code, value, from + code));
    await using recording = await openBytes(
      join(
        header,
        ...sample(0).slice(2),
        ...sample(100),
        event,
        ...sample(200).slice(0, 4),
        ...sample(300),
        ...sample(-5),
      ),
    );
    const expected = [1, -1, 0.5, 10, -2, 0, 36];
    expect(await samplesOf(recording)).toEqual([
      [106, ...expected],
      [306, ...expected],
      [1, ...expected],
    ]);
    expect(await framesOf(recording)).toEqual([]);
  });
});

describe("AEDAT 3.1", () => {
  const header = ascii("#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DAVIS240C\r\n#!END-HEADER\r\n");
  const packet = (type: number, overflow: number, events: Uint8Array[]): Uint8Array =>
    join(
      fields([
        ["u16", type],
        ["u16", 1],
        ["i32", events[0]!.length],
        ["i32", 4],
        ["i32", overflow],
        ["i32", events.length],
        ["i32", events.length],
        ["i32", events.length],
      ]),
      ...events,
    );
  const frame = (info: number, width: number, height: number, pixels: readonly number[]): Uint8Array =>
    fields([
      ["u32", info],
      ...[10, 40, 20, 30, width, height, 0, 0].map((value) => ["i32", value] as const),
      ...pixels.map((value) => ["u16", value] as const),
    ]);
  const imu = (info: number, time: number, values: readonly number[]): Uint8Array =>
    fields([["u32", info], ["i32", time], ...values.map((value) => ["f32", value] as const)]);

  it("gives frames of 16 bits and samples; those marked as invalid are left out", async () => {
    const grey = frame(0b0011, 3, 2, [1, 2, 3, 4, 5, 65_535]);
    const colour = frame(0b0111, 1, 2, [1, 2, 3, 4, 5, 6]);
    const six = [1, 2, 3, 4, 5, 6, 25.5];
    await using recording = await openBytes(
      join(
        header,
        packet(2, 0, [grey, frame(0b0010, 3, 2, [9, 9, 9, 9, 9, 9])]),
        packet(3, 0, [imu(1, 7, six), imu(0, 8, six)]),
        packet(2, 2, [colour]),
        packet(4, 1, [imu(1, 9, [...six, 7, 8, 9])]),
      ),
      { rowsPerChunk: 32 },
    );
    expect(await framesOf(recording)).toEqual([
      {
        t: 10,
        startT: 20,
        endT: 30,
        width: 3,
        height: 2,
        channels: 1,
        pixels: Uint16Array.of(1, 2, 3, 4, 5, 65_535),
      },
      {
        t: 2 ** 32 + 10,
        startT: 2 ** 32 + 20,
        endT: 2 ** 32 + 30,
        width: 1,
        height: 2,
        channels: 3,
        pixels: Uint16Array.of(1, 2, 3, 4, 5, 6),
      },
    ]);
    expect(await samplesOf(recording)).toEqual([
      [7, ...six],
      [2 ** 31 + 9, ...six],
    ]);
    expect(await readEvents(recording)).toEqual([]);
  });

  it("refuses a frame with more pixels than bytes, and one of no pixels", async () => {
    for (const damaged of [frame(3, 3, 3, [1]), frame(3, -1, -1, [1]), frame(3, 2 ** 20, 2 ** 20, [1])]) {
      await using recording = await openBytes(join(header, packet(2, 0, [damaged])));
      await expect(framesOf(recording)).rejects.toMatchObject({ code: "EVENTS_PACKET_CORRUPT" });
    }
  });
});

describe("AEDAT 4", () => {
  /** A table of FlatBuffers with all its fields, each at a place of its own, behind its description. */
  function table(slots: readonly (readonly [slot: number, bytes: Uint8Array])[]): {
    readonly bytes: Uint8Array;
    readonly at: number;
  } {
    const count = Math.max(...slots.map(([slot]) => slot)) + 1;
    const offsets = new Array<number>(count).fill(0);
    let end = 4;
    for (const [slot, bytes] of slots) {
      offsets[slot] = end;
      end += bytes.length;
    }
    const description = fields([4 + 2 * count, end, ...offsets].map((value) => ["u16", value] as const));
    return {
      bytes: join(description, fields([["i32", description.length]]), ...slots.map(([, bytes]) => bytes)),
      at: description.length,
    };
  }
  const i64 = (value: number): Uint8Array => fields([["i64", value]]);
  const f32 = (value: number): Uint8Array => fields([["f32", value]]);
  const i16 = (value: number): Uint8Array => fields([["u16", value]]);

  function frame(
    format: number,
    width: number,
    height: number,
    pixels: readonly number[],
    exposure = true,
  ): Uint8Array {
    const times = exposure ? [1000, 900, 1100, 950, 1050] : [1000];
    const root = table([
      ...times.map((time, slot) => [slot, i64(time)] as const),
      [5, Uint8Array.of(format)],
      [6, i16(width)],
      [7, i16(height)],
      // The vector begins right behind this field.
      [10, fields([["u32", 4]])],
    ]);
    const body = join(
      fields([["u32", 8 + root.at]]),
      ascii("FRME"),
      root.bytes,
      fields([["u32", pixels.length]]),
      Uint8Array.from(pixels),
    );
    return join(fields([["u32", body.length]]), body);
  }

  function imus(samples: readonly Sample[]): Uint8Array {
    const root = table([[0, fields([["u32", 4]])]]);
    const tables = samples.map(([t = 0, ax = 0, ay = 0, az = 0, gx = 0, gy = 0, gz = 0, temperature = 0]) =>
      table([
        [0, i64(t)],
        ...[temperature, ax, ay, az, gx, gy, gz].map((value, i) => [i + 1, f32(value)] as const),
      ]),
    );
    let at = 4 * samples.length;
    const offsets = tables.map(({ bytes, at: inside }, i) => {
      const offset = at + inside - 4 * i;
      at += bytes.length;
      return ["u32", offset] as const;
    });
    const body = join(
      fields([["u32", 8 + root.at]]),
      ascii("IMUS"),
      root.bytes,
      fields([["u32", samples.length], ...offsets]),
      ...tables.map(({ bytes }) => bytes),
    );
    return join(fields([["u32", body.length]]), body);
  }

  const stream = (id: number, type: string): string =>
    `<node name="${id}"><attr key="typeIdentifier" type="string">${type}</attr></node>`;

  function file(packets: readonly (readonly [stream: number, content: Uint8Array])[]): Uint8Array {
    const xml = ascii(stream(0, "EVTS") + stream(1, "FRME") + stream(2, "IMUS"));
    const root = table([
      [0, fields([["i32", 0]])],
      [1, i64(-1)],
      [2, fields([["u32", 4]])],
    ]);
    const header = join(
      fields([["u32", 8 + root.at]]),
      ascii("IOHE"),
      root.bytes,
      fields([["u32", xml.length]]),
      xml,
    );
    return join(
      ascii("#!AER-DAT4.0\r\n"),
      fields([["u32", header.length]]),
      header,
      ...packets.map(([id, content]) =>
        join(
          fields([
            ["i32", id],
            ["i32", content.length],
          ]),
          content,
        ),
      ),
    );
  }

  it("gives frames in grey and in red, green, blue", async () => {
    const bytes = file([
      [1, frame(0, 2, 2, [1, 2, 3, 255])],
      [2, imus([])],
      [1, frame(16, 1, 2, [1, 2, 3, 4, 5, 6])],
      [1, frame(24, 1, 1, [1, 2, 3, 4], false)],
    ]);
    await using recording = await openBytes(bytes);
    const times = { t: 1000, startT: 950, endT: 1050 };
    expect(await framesOf(recording)).toEqual([
      { ...times, width: 2, height: 2, channels: 1, pixels: Uint8Array.of(1, 2, 3, 255) },
      { ...times, width: 1, height: 2, channels: 3, pixels: Uint8Array.of(3, 2, 1, 6, 5, 4) },
      {
        t: 1000,
        startT: 1000,
        endT: 1000,
        width: 1,
        height: 1,
        channels: 4,
        pixels: Uint8Array.of(3, 2, 1, 4),
      },
    ]);
    expect(await readEvents(recording)).toEqual([]);
  });

  it("gives inertial samples, in chunks of any size", async () => {
    const random = seededRandom(3);
    const samples = Array.from(
      { length: 100 },
      (_, i): Sample => [
        1_605_537_493_718_345 + i,
        ...Array.from({ length: 7 }, () => Math.fround(random.next())),
      ],
    );
    const bytes = file([
      [2, imus(samples.slice(0, 7))],
      [2, imus(samples.slice(7))],
    ]);
    for (const rowsPerChunk of [32, 100, 65_536]) {
      await using recording = await openBytes(bytes, { rowsPerChunk });
      expect(await samplesOf(recording)).toEqual(samples);
    }
  });

  it("a file that was cut off gives what is whole; a damaged packet is an error of ours", async () => {
    const bytes = file([
      [1, frame(0, 2, 2, [1, 2, 3, 4])],
      [2, imus([[1, 2, 3, 4, 5, 6, 7, 8]])],
      [1, frame(0, 2, 2, [5, 6, 7, 8])],
    ]);
    await using cut = await openBytes(bytes.subarray(0, -1));
    expect((await framesOf(cut)).length).toBe(1);
    await using odd = await openBytes(file([[1, frame(7, 1, 1, [1])]]));
    await expect(framesOf(odd)).rejects.toThrow("format 7");
    await using large = await openBytes(file([[1, frame(0, 2000, 2000, [1])]]));
    await expect(framesOf(large)).rejects.toMatchObject({ code: "EVENTS_PACKET_CORRUPT" });
  });
});

describeRecordings("a real AEDAT 4 recording", () => {
  it("has the inertial samples that the package aedat from PyPI finds in it", async () => {
    await using recording = await openRecording(recordingPath("events/dvxplorer.aedat4"));
    const samples = await samplesOf(recording);
    expect(samples.length).toBe(475);
    const close = (values: Sample) => values.map((value) => expect.closeTo(value, 5));
    expect(samples[0]).toEqual(
      close([
        1605537493718788, 0.12634277, -0.9951172, -0.3930664, 0.41198727, 0.07629395, -0.41198727, 38.152344,
      ]),
    );
    expect(samples[474]).toEqual(
      close([
        1605537494307448, 0.12512207, -0.9998779, -0.39978027, 0.2593994, 0.015258788, -0.16784666, 38.166016,
      ]),
    );
    expect(await framesOf(recording)).toEqual([]);
  });
});
