import type { Hdf5Compression, Hdf5Writer } from "@millrace/hdf5";
import type { EventChunk } from "../event-rows.ts";
import { checkEvents, type EventLimits } from "./event-encoder.ts";
import type { Hdf5EventLayout } from "./hdf5-sink.ts";
import type { SensorSize } from "./open-encoder.ts";
import { PeriodIndex } from "./period-index.ts";

/** Times are u32 from the first one on. */
const LATEST_US = 2 ** 32 - 1;
const CHUNK_ROWS = 65_536;

/**
 * DSEC's layout: `events/{x, y, t, p}`, `ms_to_idx`, and `t_offset`, which is the time of the first event. The sensor's
 * size stands beside the events, as in eTraM's files. See docs/formats/event-recordings.md.
 *
 * Events are sorted by time and at most 71.6 minutes from the first to the last.
 *
 * @param compression - DSEC's own files have Blosc, for which readers need a plugin; every reader has deflate
 */
export function openDsecLayout(
  writer: Hdf5Writer,
  { width, height }: SensorSize,
  compression: Hdf5Compression | "none" = { deflate: 1 },
): Hdf5EventLayout {
  const events = writer.root.createGroup("events");
  const options = { chunkRows: CHUNK_ROWS, compression } as const;
  const x = events.createDataset("x", { kind: "uint16", ...options });
  const y = events.createDataset("y", { kind: "uint16", ...options });
  const t = events.createDataset("t", { kind: "uint32", ...options });
  const p = events.createDataset("p", { kind: "uint8", ...options });
  const milliseconds = writer.root.createDataset("ms_to_idx", { kind: "uint64", ...options });
  const index = new PeriodIndex(1000);
  let lastUs = Number.NEGATIVE_INFINITY;
  let latestUs = Number.MAX_SAFE_INTEGER;
  return {
    async append(chunk: EventChunk) {
      const { rowCount, columns } = chunk;
      if (rowCount === 0) return;
      const isFirst = lastUs === Number.NEGATIVE_INFINITY;
      const firstUs = isFirst ? Number(columns.t[0]!) : index.firstUs;
      latestUs = Math.min(Number.MAX_SAFE_INTEGER, firstUs + LATEST_US);
      const limits: EventLimits = { width, height, maxLeapUs: LATEST_US, maxTimeUs: latestUs };
      lastUs = checkEvents(chunk, isFirst ? firstUs : lastUs, limits);
      const { rows } = index.add(chunk);
      await milliseconds.append(BigUint64Array.from(rows, BigInt));
      await x.append(columns.x.subarray(0, rowCount));
      await y.append(columns.y.subarray(0, rowCount));
      await p.append(columns.p.subarray(0, rowCount));
      await t.append(timesFrom(chunk, firstUs));
    },
    async finish() {
      await writer.root.writeDataset("t_offset", BigInt(index.firstUs));
      await events.writeDataset("width", width, { kind: "uint16" });
      await events.writeDataset("height", height, { kind: "uint16" });
    },
  };
}

/** The low words tell times apart that are less than 2^32 µs from the first. */
function timesFrom(chunk: EventChunk, firstUs: number): Uint32Array {
  const words = chunk.words("t");
  const first = firstUs % 2 ** 32;
  const times = new Uint32Array(chunk.rowCount);
  for (let row = 0; row < times.length; row++) times[row] = words[2 * row]! - first;
  return times;
}
