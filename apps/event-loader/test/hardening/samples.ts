import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { seededRandom } from "@millrace/base";
import { writeZip } from "@millrace/compress";
import { fileSource, MemoryVfs } from "@millrace/files";
import { OUTPUT_FORMATS, openEventSink, type RecordingOptions } from "../../src/index.ts";
import { aedat3Packet, chunkOf, type Event } from "../helpers.ts";

/** A small recording of one format. A new format joins by one line of {@link hardeningSamples}. */
export interface Sample {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly options?: RecordingOptions;
  /** What the file is called, where that counts. */
  readonly fileName?: string;
  /** Lines or literals: a cut in a number's middle gives another last event. */
  readonly isText?: boolean;
}

const SIZE = { width: 320, height: 240 };

/** Rows of neighbours now and then, times that stand and leap. */
function scene(count: number): Event[] {
  const random = seededRandom(5);
  const events: Event[] = [];
  for (let t = 1000; events.length < count; t += random.nextInt(0, 300)) {
    const [y, p] = [random.nextInt(0, 239), random.nextInt(0, 1)];
    let x = random.nextInt(0, 300);
    for (let i = random.nextInt(0, 8); i >= 0 && x < 320; i--, x += random.nextInt(1, 3))
      events.push([t, x, y, p]);
  }
  return events.slice(0, count);
}

const EVENTS = scene(300);
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

async function written(format: string): Promise<Uint8Array> {
  const vfs = new MemoryVfs();
  await using sink = await openEventSink("a", { to: format, size: SIZE, vfs });
  await sink.write(chunkOf(EVENTS.slice(0, 200)));
  await sink.write(chunkOf(EVENTS.slice(200)));
  await sink.finish();
  await using source = await fileSource(vfs, "a");
  const bytes = new Uint8Array(source.size);
  await source.read(bytes, 0);
  return bytes;
}

const bag = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`../fixtures/bags/${name}`, import.meta.url))));

/** Records of big-endian words. */
function words(list: readonly (readonly [address: number, time: number])[], addressBytes: 2 | 4): Uint8Array {
  const view = new DataView(new ArrayBuffer(list.length * (addressBytes + 4)));
  for (const [i, [address, time]] of list.entries()) {
    const at = i * (addressBytes + 4);
    if (addressBytes === 2) view.setUint16(at, address);
    else view.setUint32(at, address >>> 0);
    view.setInt32(at + addressBytes, time);
  }
  return new Uint8Array(view.buffer);
}

const davis = words(
  EVENTS.map(([t, x, y, p], i) => [(i % 7 === 0 ? 0x80000000 : 0) | (y << 22) | (x << 12) | (p << 11), t]),
  4,
);
const dvs128 = words(
  EVENTS.map(([t, x, y, p]) => [((y & 127) << 8) | ((x & 127) << 1) | p, t]),
  2,
);
const polarities = EVENTS.map(([t, x, y, p]): [number, number] => [
  ((x << 17) | (y << 2) | (p << 1) | 1) >>> 0,
  t,
]);
const nmnist = Uint8Array.from(
  EVENTS.flatMap(([t, x, y, p]) => [x & 255, y % 240, (p << 7) | (t >> 16), (t >> 8) & 255, t & 255]),
);
const atis = join(
  ascii("Event Stream"),
  Uint8Array.of(2, 0, 0, 2, 64, 1, 240, 0),
  ...EVENTS.map(([t, x, y, p], i) =>
    Uint8Array.of(((t % 60) << 2) | (p << 1) | (i % 9 === 0 ? 1 : 0), x & 255, x >> 8, y, 0),
  ),
);

/** A small recording of every format, made by our encoders, by hand, or by other programs. */
export async function hardeningSamples(): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const name of OUTPUT_FORMATS) {
    const isText = name.endsWith("-text") || name.endsWith("-csv");
    samples.push({ name, bytes: await written(name), ...(isText ? { isText } : {}) });
  }
  const evt3 = await written("EVT3");
  const text = await written("rpg-text");
  return [
    ...samples,
    { name: "AEDAT 1", bytes: join(ascii("#!AER-DAT1.0\r\n"), dvs128) },
    {
      name: "AEDAT 2",
      bytes: join(ascii("#!AER-DAT2.0\r\n# AEChip: DAVIS346\r\n#End Of ASCII Header\r\n"), davis),
    },
    {
      name: "AEDAT 3.1",
      bytes: join(
        ascii("#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DAVIS346\r\n#!END-HEADER\r\n"),
        aedat3Packet(1, polarities.slice(0, 150)),
        aedat3Packet(0, [[5, 2]]),
        aedat3Packet(1, polarities.slice(150)),
      ),
    },
    { name: "N-MNIST", bytes: nmnist, fileName: "a.bin" },
    { name: "ATIS", bytes: atis },
    { name: "gzip", bytes: new Uint8Array(gzipSync(evt3)) },
    { name: "ZIP of text", bytes: writeZip(new Map([["events.txt", text]])) },
    { name: "ROS 1 bag", bytes: bag("ros1_none.bag") },
    { name: "ROS 1 bag, LZ4", bytes: bag("ros1_lz4.bag") },
    { name: "MCAP", bytes: bag("none.mcap") },
    { name: "MCAP, LZ4", bytes: bag("lz4.mcap") },
    { name: "MCAP, zstd", bytes: bag("zstd.mcap"), options: { topic: "/left/events" } },
  ];
}
