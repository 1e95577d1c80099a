import { CorruptDataError } from "@millrace/base";
import { type ByteSource, readSourceFull } from "@millrace/files";
import { type ImuSample, imuChunks } from "./imu-rows.ts";
import type { CameraFrame, SideStreams } from "./side-streams.ts";

const PACKET_HEADER_BYTES = 28;
/** A larger packet is of no camera. */
const MAX_PACKET_BYTES = 2 ** 28;
const FRAME = 2;
const IMU6 = 3;
const IMU9 = 4;
/** Information, four times, size and place, 4 bytes each (libcaer's `frame.h`); pixels of 16 bits follow. */
const FRAME_HEADER_BYTES = 36;
const OVERFLOW_US = 2 ** 31;

/** The fields of a packet's header that matter here. */
export interface Aedat3PacketHeader {
  readonly type: number;
  readonly eventBytes: number;
  readonly overflow: number;
  readonly count: number;
}

/** Reads a packet's header: type i16 at 0, event size i32 at 4, overflows i32 at 12, events i32 at 20. */
export function readAedat3PacketHeader(
  bytes: Uint8Array,
  at: number,
  source: string,
  byteOffset: number,
): Aedat3PacketHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, PACKET_HEADER_BYTES);
  const type = view.getInt16(0, true);
  const eventBytes = view.getInt32(4, true);
  const overflow = view.getInt32(12, true);
  const count = view.getInt32(20, true);
  const isOfEight = type === 0 || type === 1;
  if (type < 0 || eventBytes < 1 || overflow < 0 || count < 0 || (isOfEight && eventBytes !== 8)) {
    const problem = `a packet of type ${type} with ${count} events of ${eventBytes} bytes and ${overflow} overflows cannot be; the file is damaged before here`;
    throw new CorruptDataError("EVENTS_PACKET_CORRUPT", source, byteOffset, problem);
  }
  return { type, eventBytes, overflow, count };
}

/** Frames and inertial samples of an AEDAT 3.1 file; those that the recorder marked as invalid are left out. */
export function aedat3SideStreams(source: ByteSource, start: number): SideStreams {
  return {
    openFrames: () => readFrames(source, start),
    openImu: (options) => imuChunks(readImu(source, start), options),
  };
}

/** An event of a packet: its bytes, and what is added to its times. */
interface PacketEvent {
  readonly view: DataView;
  readonly overflowUs: number;
  readonly byteOffset: number;
}

async function* readEvents(
  source: ByteSource,
  start: number,
  wanted: readonly number[],
  leastBytes: number,
): AsyncGenerator<PacketEvent> {
  const header = new Uint8Array(PACKET_HEADER_BYTES);
  for (let at = start; at + PACKET_HEADER_BYTES <= source.size; ) {
    await readSourceFull(source, header, at);
    const { type, eventBytes, overflow, count } = readAedat3PacketHeader(header, 0, source.name, at);
    const from = at + PACKET_HEADER_BYTES;
    at = from + eventBytes * count;
    if (!wanted.includes(type)) continue;
    if (eventBytes < leastBytes || eventBytes > MAX_PACKET_BYTES) {
      const problem = `an event of type ${type} has ${eventBytes} bytes; the file is damaged`;
      throw new CorruptDataError("EVENTS_PACKET_CORRUPT", source.name, from, problem);
    }
    for (let i = 0; i < count; i++) {
      const byteOffset = from + i * eventBytes;
      if (byteOffset + eventBytes > source.size) return;
      const bytes = new Uint8Array(eventBytes);
      await readSourceFull(source, bytes, byteOffset);
      const isValid = (bytes[0]! & 1) === 1;
      if (isValid) yield { view: new DataView(bytes.buffer), overflowUs: overflow * OVERFLOW_US, byteOffset };
    }
  }
}

async function* readFrames(source: ByteSource, start: number): AsyncGenerator<CameraFrame> {
  for await (const { view, overflowUs, byteOffset } of readEvents(
    source,
    start,
    [FRAME],
    FRAME_HEADER_BYTES,
  )) {
    const channels = (view.getUint32(0, true) >>> 1) & 7;
    const [width, height] = [view.getInt32(20, true), view.getInt32(24, true)];
    const count = width * height * channels;
    const isKnown = channels === 1 || channels === 3 || channels === 4;
    if (!isKnown || width < 1 || height < 1 || FRAME_HEADER_BYTES + 2 * count > view.byteLength) {
      const problem = `a frame of ${width}x${height} with ${channels} channels in ${view.byteLength} bytes cannot be; the file is damaged`;
      throw new CorruptDataError("EVENTS_PACKET_CORRUPT", source.name, byteOffset, problem);
    }
    const pixels = new Uint16Array(count);
    for (let i = 0; i < count; i++) pixels[i] = view.getUint16(FRAME_HEADER_BYTES + 2 * i, true);
    const timeAt = (at: number): number => overflowUs + view.getInt32(at, true);
    yield { t: timeAt(4), startT: timeAt(12), endT: timeAt(16), width, height, channels, pixels };
  }
}

/** IMU6 and IMU9 begin alike: information, time, acceleration in g, rotation in °/s, temperature in °C (f32). */
async function* readImu(source: ByteSource, start: number): AsyncGenerator<ImuSample> {
  for await (const { view, overflowUs } of readEvents(source, start, [IMU6, IMU9], 36)) {
    const f = (at: number): number => view.getFloat32(at, true);
    const values = [f(8), f(12), f(16), f(20), f(24), f(28), f(32)] as const;
    yield { timeUs: overflowUs + view.getInt32(4, true), values };
  }
}
