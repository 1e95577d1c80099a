import { CorruptDataError } from "@millrace/base";
import type { ByteSource, Vfs } from "@millrace/files";
import { type Hdf5Filters, Hdf5Reader } from "@millrace/hdf5";
import { decodeEcf, ECF_FILTER_ID } from "../ecf-decoder.ts";
import { readWhole } from "../read-whole.ts";
import type { RecordingFormat } from "../recording-format.ts";
import { TableRows } from "../row-source.ts";
import { findHdf5Events } from "./event-tables.ts";

const FILTERS: Hdf5Filters = {
  [ECF_FILTER_ID]: {
    name: "ECF",
    decode: (bytes, _values, expectedBytes) => decodeEcf(bytes, expectedBytes),
  },
};

/**
 * The format of an HDF5 file with events, in any of the layouts of `findHdf5Events`.
 * @param path - where the file is on `vfs`; undefined for a Blob or another source
 * @throws CorruptDataError `EVENTS_HDF5_LAYOUT` when it holds no events that we know
 */
export async function hdf5Format(
  source: ByteSource,
  vfs: Vfs,
  path: string | undefined,
): Promise<RecordingFormat> {
  const options = { filters: FILTERS };
  const reader =
    path === undefined
      ? Hdf5Reader.over(await readWhole(source, "EVENTS_HDF5_MEMORY"), options)
      : await Hdf5Reader.open(vfs, path, options);
  try {
    const events = findHdf5Events(reader.root);
    if (events === undefined) throw noEvents(source, reader);
    const { layout, path: place, table, size, provenance } = events;
    checkRows(source, place, table.rowCount);
    return {
      name: "HDF5",
      width: size?.width,
      height: size?.height,
      metadata: { ...textAttributes(reader), layout, path: place, ...provenance },
      dataStart: 0,
      openRows: (context) => new TableRows(table, context),
      close: () => reader.close(),
    };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

/** Events of one byte, all the same, deflate to a thousandth of it; times that rise do not. A file that has more lies. */
const MOST_ROWS_PER_BYTE = 1024;

function checkRows(source: ByteSource, place: string, rowCount: number): void {
  const mostRows = source.size * MOST_ROWS_PER_BYTE;
  if (rowCount <= mostRows) return;
  const problem = `${place} claims ${rowCount} events, and a file of ${source.size} bytes can have ${mostRows} at the most; it is damaged, or made to exhaust whoever reads it`;
  throw new CorruptDataError("EVENTS_HDF5_ROWS", source.name, 0, problem);
}

/** The text attributes of the file: Metavision keeps the header of its RAW file there. */
function textAttributes({ root }: Hdf5Reader): Record<string, string> {
  const entries = root.attributes.names.flatMap((name): [string, string][] => {
    const value = root.attributes.get(name);
    return typeof value === "string" ? [[name, value]] : [];
  });
  return Object.fromEntries(entries);
}

function noEvents(source: ByteSource, { root }: Hdf5Reader): CorruptDataError {
  const found = root.names.slice(0, 12).join(", ") || "nothing";
  const expected = "CD/events, or x, y, t and p in events, raw_events, prophesee/left or the root";
  const problem = `this HDF5 file has no events in a known layout: expected ${expected}; its root has ${found}`;
  return new CorruptDataError("EVENTS_HDF5_LAYOUT", source.name, 0, problem);
}
