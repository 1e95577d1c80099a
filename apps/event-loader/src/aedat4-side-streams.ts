import { readU32 } from "@millrace/base";
import type { ByteSource } from "@millrace/files";
import { type Aedat4Packets, guardAedat4Packet, readAedat4Packets } from "./aedat4-packets.ts";
import { FlatBufferError, type FlatTable } from "./flatbuffer.ts";
import { type ImuSample, imuChunks } from "./imu-rows.ts";
import type { CameraFrame, SideStreamOptions, SideStreams } from "./side-streams.ts";

/** Channels by the frame's format, which are OpenCV's numbers: 8 bits of grey, BGR, BGRA. */
const CHANNELS: Readonly<Record<number, CameraFrame["channels"]>> = { 0: 1, 16: 3, 24: 4 };

/** The streams of a file beside its events, by their numbers. */
export interface Aedat4SideStreams {
  readonly frames: ReadonlySet<number>;
  readonly imu: ReadonlySet<number>;
}

/** Frames (FRME) and inertial samples (IMUS) of an AEDAT 4 file, where it has such streams. */
export function aedat4SideStreams(
  source: ByteSource,
  packets: Aedat4Packets,
  start: number,
  { frames, imu }: Aedat4SideStreams,
): SideStreams {
  return {
    ...(frames.size === 0 ? {} : { openFrames: () => readFrames(source, packets, start, frames) }),
    ...(imu.size === 0
      ? {}
      : {
          openImu: (options: SideStreamOptions) => imuChunks(readImu(source, packets, start, imu), options),
        }),
  };
}

async function* readFrames(
  source: ByteSource,
  packets: Aedat4Packets,
  start: number,
  streams: ReadonlySet<number>,
): AsyncGenerator<CameraFrame> {
  for await (const { id, root, packetAt } of readAedat4Packets(source, packets, start, streams)) {
    if (id === "FRME") yield guardAedat4Packet(source.name, packetAt, () => frameOf(root));
  }
}

/** Slots: t, start, end, start and end of the exposure (i64), format i8, width and height i16, two of place, pixels. */
function frameOf(root: FlatTable): CameraFrame {
  const t = timeAt(root, 0);
  const format = byteAt(root, 5);
  const channels = CHANNELS[format];
  const [width, height] = [shortAt(root, 6), shortAt(root, 7)];
  const pixels = root.vector(10, 1) ?? { at: 0, count: 0 };
  if (channels === undefined)
    throw new FlatBufferError(`a frame has format ${format}; 0, 16 and 24 are read`);
  if (width < 0 || width * height * channels !== pixels.count) {
    throw new FlatBufferError(`a frame of ${width}x${height} has ${pixels.count} bytes of pixels`);
  }
  const values = root.bytes.slice(pixels.at, pixels.at + pixels.count);
  if (channels > 1) exchangeBlueAndRed(values, channels);
  // Older versions of DV leave out what they do not know.
  const [startT, endT] = [timeAt(root, 3) || timeAt(root, 1) || t, timeAt(root, 4) || timeAt(root, 2) || t];
  return { t, startT, endT, width, height, channels, pixels: values };
}

function exchangeBlueAndRed(pixels: Uint8Array, channels: number): void {
  for (let i = 0; i < pixels.length; i += channels) {
    const blue = pixels[i]!;
    pixels[i] = pixels[i + 2]!;
    pixels[i + 2] = blue;
  }
}

async function* readImu(
  source: ByteSource,
  packets: Aedat4Packets,
  start: number,
  streams: ReadonlySet<number>,
): AsyncGenerator<ImuSample> {
  for await (const { id, root, packetAt } of readAedat4Packets(source, packets, start, streams)) {
    if (id !== "IMUS") continue;
    const guard = <T>(read: () => T): T => guardAedat4Packet(source.name, packetAt, read);
    const { at, count } = guard(() => root.vector(0, 4)) ?? { at: 0, count: 0 };
    for (let i = 0; i < count; i++) yield guard(() => sampleOf(root.element(at + 4 * i)));
  }
}

/** Slots: t i64, temperature, acceleration of three axes in g, rotation of three in °/s, magnetic field (f32). */
function sampleOf(sample: FlatTable): ImuSample {
  const f = (slot: number): number => floatAt(sample, slot);
  return { timeUs: timeAt(sample, 0), values: [f(2), f(3), f(4), f(5), f(6), f(7), f(1)] };
}

function timeAt(table: FlatTable, slot: number): number {
  const at = table.field(slot, 8);
  if (at === undefined) return 0;
  return (readU32(table.bytes, at + 4) | 0) * 2 ** 32 + readU32(table.bytes, at);
}

function floatAt(table: FlatTable, slot: number): number {
  const at = table.field(slot, 4);
  return at === undefined ? 0 : viewOf(table).getFloat32(at, true);
}

function shortAt(table: FlatTable, slot: number): number {
  const at = table.field(slot, 2);
  return at === undefined ? 0 : viewOf(table).getInt16(at, true);
}

function byteAt(table: FlatTable, slot: number): number {
  const at = table.field(slot, 1);
  return at === undefined ? 0 : viewOf(table).getInt8(at);
}

function viewOf({ bytes }: FlatTable): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
