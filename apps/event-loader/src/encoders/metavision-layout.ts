import type { Hdf5Writer } from "@millrace/hdf5";
import { ECF_FILTER_ID } from "../ecf-decoder.ts";
import type { EventChunk } from "../event-rows.ts";
import type { TriggerColumns } from "../trigger-log.ts";
import { encodeEcf } from "./ecf-encoder.ts";
import { checkEvents, type EventLimits } from "./event-encoder.ts";
import type { Hdf5EventLayout } from "./hdf5-sink.ts";
import type { SensorSize } from "./open-encoder.ts";
import { PeriodIndex } from "./period-index.ts";

const CHUNK_ROWS = 16_384;
const INDEX_PERIOD_US = 2000;
const MOST_PLACES = 2048;
/** An index has a row each 2 ms: a pause of a day has 43 million. */
const MAX_LEAP_US = 3_600_000_000;

/** The first row of an index stands for no event. */
const NO_EVENT = { id: BigUint64Array.of(0n), ts: BigInt64Array.of(-1n) };

/**
 * Metavision's layout, from version 4 on: `CD/events` with ECF, `CD/indexes`, `EXT_TRIGGER/events` and `indexes`, and the
 * sensor's size as an attribute. See docs/formats/event-recordings.md.
 *
 * Events are sorted by time, from 0 on, on a sensor of up to 2048 x 2048.
 *
 * @param triggers - asked for at the end
 */
export function openMetavisionLayout(
  writer: Hdf5Writer,
  size: SensorSize,
  triggers: () => TriggerColumns | undefined = () => undefined,
): Hdf5EventLayout {
  const { root } = writer;
  const cd = root.createGroup("CD");
  const ecf = {
    id: ECF_FILTER_ID,
    name: "ECF",
    encode: (bytes: Uint8Array, filledBytes: number) => encodeEcf(bytes.subarray(0, filledBytes)),
  };
  const events = cd.createTable("events", {
    columns: { x: "uint16", y: "uint16", p: "int16", t: "int64" },
    chunkRows: CHUNK_ROWS,
    compression: { filter: ecf },
    shuffle: false,
  });
  const index = openIndex(cd);
  const places = { width: Math.min(size.width, MOST_PLACES), height: Math.min(size.height, MOST_PLACES) };
  const limits: EventLimits = { ...places, maxLeapUs: MAX_LEAP_US, maxTimeUs: Number.MAX_SAFE_INTEGER };
  let lastUs: number | undefined;
  return {
    async append(chunk: EventChunk) {
      const { rowCount, columns } = chunk;
      if (rowCount === 0) return;
      const first = Number(columns.t[0]!);
      lastUs = checkEvents(chunk, lastUs ?? Math.max(0, first), limits);
      await index.add(chunk);
      await events.append({
        x: columns.x.subarray(0, rowCount),
        y: columns.y.subarray(0, rowCount),
        p: Int16Array.from(columns.p.subarray(0, rowCount)),
        t: columns.t.subarray(0, rowCount),
      });
    },
    async finish() {
      index.finish();
      await writeTriggers(writer, triggers());
      root.setAttribute("version", "1.0");
      root.setAttribute("format", "ECF");
      root.setAttribute("geometry", `${size.width}x${size.height}`);
      root.setAttribute("time_shift", "0");
      root.setAttribute("duration", String((lastUs ?? 0) - index.firstUs));
      root.setAttribute("integrator_name", "millrace");
    },
  };
}

type Group = Hdf5Writer["root"];

/** `indexes` of a group: a row for each 2 ms from the first event on, and one before them. */
function openIndex(group: Group): {
  readonly firstUs: number;
  add(chunk: EventChunk): Promise<void>;
  finish(): void;
} {
  const columns = { id: "uint64", ts: "int64" } as const;
  const table = group.createTable("indexes", { columns, chunkRows: CHUNK_ROWS });
  const index = new PeriodIndex(INDEX_PERIOD_US);
  table.appendSync(NO_EVENT);
  return {
    get firstUs() {
      return index.firstUs;
    },
    async add(chunk) {
      const { rows, timesUs } = index.add(chunk);
      await table.append({ id: BigUint64Array.from(rows, BigInt), ts: BigInt64Array.from(timesUs, BigInt) });
    },
    finish: () => table.setAttribute("offset", String(-index.firstUs)),
  };
}

async function writeTriggers({ root }: Hdf5Writer, triggers: TriggerColumns | undefined): Promise<void> {
  const group = root.createGroup("EXT_TRIGGER");
  const events = group.createTable("events", {
    columns: { p: "int16", t: "int64", id: "int16" },
    chunkRows: CHUNK_ROWS,
  });
  const index = group.createTable("indexes", {
    columns: { id: "uint64", ts: "int64" },
    chunkRows: CHUNK_ROWS,
  });
  await index.append(NO_EVENT);
  if (triggers === undefined) return;
  const { t, id, value } = triggers;
  await events.append({ p: Int16Array.from(value), t, id: Int16Array.from(id) });
}
