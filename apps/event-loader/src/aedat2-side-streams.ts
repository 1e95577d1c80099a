import { type ByteSource, readChunks } from "@millrace/files";
import { type ImuSample, type ImuValues, imuChunks } from "./imu-rows.ts";
import type { CameraFrame, SideStreams } from "./side-streams.ts";

const RECORD_BYTES = 8;
const CHUNK_BYTES = 65_536;
const WRAP_DROP = 2 ** 31;
const UNREAD = -1;
/** Bit 31 marks frames and inertial samples; bits 11 and 10 tell which (jAER's DavisChip). */
const SAMPLE_TYPE = 0xc00;
const RESET = 0x000;
const SIGNAL = 0x400;
const IMU = 0xc00;
/** g for a step of the accelerometer and °/s for one of the gyroscope, at the ranges of ±4 g and ±500 °/s (IMUSample). */
const G_PER_STEP = 1 / 8192;
const DEGREES_PER_STEP = 1 / 65.5;

/**
 * Frames and inertial samples of a DAVIS in an AEDAT 2 file.
 *
 * A pixel of a frame is its reset level less its signal level, 0 to 1023; the times are those of the first reading, of
 * the last, and again of the last. A frame of which the recording lacks a reading is left out. The axes are those of
 * the chip: jAER turns them.
 */
export function aedat2SideStreams(
  source: ByteSource,
  start: number,
  size: { readonly width: number; readonly height: number } | undefined,
): SideStreams {
  return {
    ...(size === undefined ? {} : { openFrames: () => readFrames(source, start, size.width, size.height) }),
    openImu: (options) => imuChunks(readImu(source, start), options),
  };
}

interface Sample {
  address: number;
  timeUs: number;
}

/** The records that bit 31 marks; one object for all of them. */
async function* readSamples(source: ByteSource, start: number): AsyncGenerator<Sample> {
  const sample: Sample = { address: 0, timeUs: 0 };
  let last = Number.NEGATIVE_INFINITY;
  let loops = 0;
  for await (const bytes of readChunks(source, { chunkBytes: CHUNK_BYTES, start })) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
      const address = view.getInt32(at);
      const time = view.getInt32(at + 4);
      if (last - time > WRAP_DROP) loops++;
      last = time;
      if (address >= 0) continue;
      sample.address = address;
      sample.timeUs = time + loops * 2 ** 32;
      yield sample;
    }
  }
}

async function* readFrames(
  source: ByteSource,
  start: number,
  width: number,
  height: number,
): AsyncGenerator<CameraFrame> {
  const count = width * height;
  const resets = new Int16Array(count).fill(UNREAD);
  const signals = new Int16Array(count).fill(UNREAD);
  let left = 2 * count;
  let startT = 0;
  for await (const { address, timeUs } of readSamples(source, start)) {
    const type = address & SAMPLE_TYPE;
    if (type !== RESET && type !== SIGNAL) continue;
    const x = (address >>> 12) & 0x3ff;
    const y = (address >>> 22) & 0x1ff;
    if (x >= width || y >= height) continue;
    const pixel = y * width + x;
    const levels = type === RESET ? resets : signals;
    // A level that is there already, or a reset behind the signal, is that of the next frame.
    if (levels[pixel] !== UNREAD || (type === RESET && signals[pixel] !== UNREAD)) {
      resets.fill(UNREAD);
      signals.fill(UNREAD);
      left = 2 * count;
    }
    if (left === 2 * count) startT = timeUs;
    levels[pixel] = address & 0x3ff;
    if (--left > 0) continue;
    const pixels = new Uint16Array(count);
    for (let i = 0; i < count; i++) pixels[i] = Math.max(0, resets[i]! - signals[i]!);
    yield { t: timeUs, startT, endT: timeUs, width, height, channels: 1, pixels };
    resets.fill(UNREAD);
    signals.fill(UNREAD);
    left = 2 * count;
  }
}

/** A sample is seven words: number [30:28], value [27:12]; acceleration of three axes, temperature, rotation of three. */
async function* readImu(source: ByteSource, start: number): AsyncGenerator<ImuSample> {
  const words = new Float64Array(7);
  let next = 0;
  for await (const { address, timeUs } of readSamples(source, start)) {
    if ((address & SAMPLE_TYPE) !== IMU) continue;
    const code = (address >>> 28) & 7;
    // One whose words are not all there is left out.
    if (code !== next && code !== 0) {
      next = 0;
      continue;
    }
    words[code] = (address << 4) >> 16;
    next = code + 1;
    if (next < words.length) continue;
    next = 0;
    yield { timeUs, values: scaled(words) };
  }
}

function scaled(words: Float64Array): ImuValues {
  const g = (i: number): number => words[i]! * G_PER_STEP;
  const degrees = (i: number): number => words[i]! * DEGREES_PER_STEP;
  return [g(0), g(1), g(2), degrees(4), degrees(5), degrees(6), words[3]! / 340 + 35];
}
