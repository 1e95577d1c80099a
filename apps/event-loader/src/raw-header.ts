import { CorruptDataError } from "@millrace/base";
import type { Evt21Order } from "./evt21.ts";
import { rawFormatName, truncatedHeader } from "./formats.ts";
import { sensorDefaults } from "./sensors.ts";

/** Most bytes that a RAW header may have. */
export const MAX_HEADER_BYTES = 65_536;

/** What the text in front of a RAW file's data says. */
export interface RawHeader {
  /** Its keys and values as they stand, in order. */
  readonly fields: Readonly<Record<string, string>>;
  /** Position of the first byte of data. */
  readonly dataStart: number;
  /** "EVT3" and the like, also of a format that is not read; undefined when nothing tells. */
  readonly format: string | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  /** Which half of an EVT2.1 word comes first; undefined when nothing tells. */
  readonly order: Evt21Order | undefined;
}

/**
 * Reads the header of a Prophesee RAW file: lines of `% key value`, up to `% end` or to the first other bytes.
 *
 * Format: the key `format`, else `evt`, else the camera's `system_ID`. Size: `format`, `geometry`, else the camera.
 *
 * @param head - the file's first bytes: more than {@link MAX_HEADER_BYTES} of them, or the whole file
 * @param source - names the file in messages
 * @returns undefined when there is no header
 * @throws CorruptDataError `EVENTS_HEADER_TRUNCATED`, `EVENTS_HEADER_TOO_LONG`, `EVENTS_GEOMETRY_CONFLICT`
 */
export function parseRawHeader(head: Uint8Array, source: string): RawHeader | undefined {
  const fields: Record<string, string> = {};
  let at = 0;
  for (;;) {
    const lineEnd = findLineEnd(head, at);
    // The first byte of data may itself be '%': a line counts only when it is text up to its end.
    if (lineEnd === undefined) break;
    if (lineEnd > MAX_HEADER_BYTES) throw tooLong(source);
    if (lineEnd < 0) throw truncatedHeader(source, head.length);
    const line = new TextDecoder().decode(head.subarray(at + 2, lineEnd)).trim();
    at = lineEnd + 1;
    if (line === "end") break;
    const space = line.search(/\s/);
    if (space > 0) fields[line.slice(0, space)] = line.slice(space).trim();
  }
  if (at === 0) return undefined;
  return { fields, dataStart: at, ...describeFields(fields, source) };
}

/** The `\n` of the header line at `at`; undefined when there is no header line, negative when it does not end. */
function findLineEnd(head: Uint8Array, at: number): number | undefined {
  if (head[at] !== 0x25 || head[at + 1] !== 0x20) return undefined;
  for (let i = at + 2; i < head.length; i++) {
    const byte = head[i]!;
    if (byte === 0x0a) return i;
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0d) return undefined;
  }
  return head.length > MAX_HEADER_BYTES ? head.length : -1;
}

function describeFields(
  fields: Readonly<Record<string, string>>,
  source: string,
): Pick<RawHeader, "format" | "width" | "height" | "order"> {
  const [formatValue = "", ...formatOptions] = (fields.format ?? "").split(";");
  const options = new Map(formatOptions.map((option) => option.split("=", 2) as [string, string]));
  const inFormat = sizeOf(options.get("width"), options.get("height"));
  const [geometryWidth, geometryHeight] = (fields.geometry ?? "").split("x");
  const inGeometry = sizeOf(geometryWidth, geometryHeight);
  if (inFormat !== undefined && inGeometry !== undefined) {
    const isSame = inFormat.width === inGeometry.width && inFormat.height === inGeometry.height;
    if (!isSame) throw conflict(source, inFormat, inGeometry);
  }
  const isProphesee = (fields.integrator_name ?? "Prophesee").toLowerCase() === "prophesee";
  const camera = isProphesee ? sensorDefaults(Number(fields.system_ID)) : undefined;
  const size = inFormat ?? inGeometry ?? camera;
  const named = formatValue || fields.evt;
  return {
    format: named === undefined ? camera?.format : rawFormatName(named),
    width: size?.width,
    height: size?.height,
    order: orderOf(options.get("endianness") ?? fields.endianness, isProphesee, fields.system_ID),
  };
}

/** Cameras up to the IMX646 generation wrote the halves of EVT2.1 words swapped, and did not say so. */
function orderOf(
  endianness: string | undefined,
  isProphesee: boolean,
  systemId: string | undefined,
): Evt21Order | undefined {
  const named = endianness?.trim().toLowerCase();
  if (named === "legacy" || named === "little") return named;
  if (systemId === undefined) return undefined;
  const id = Number(systemId);
  return isProphesee && id > 0 && id < 55 ? "legacy" : "little";
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** A size in text, or undefined when it is none. */
export function sizeOf(width: string | undefined, height: string | undefined): Size | undefined {
  const size = { width: Number(width), height: Number(height) };
  const isSize = [size.width, size.height].every(
    (side) => Number.isInteger(side) && side > 0 && side <= 65_536,
  );
  return isSize ? size : undefined;
}

function conflict(source: string, a: Size, b: Size): CorruptDataError {
  const problem = `the header's format says ${a.width}x${a.height}, its geometry ${b.width}x${b.height}; one of them is wrong`;
  return new CorruptDataError("EVENTS_GEOMETRY_CONFLICT", source, 0, problem);
}

function tooLong(source: string): CorruptDataError {
  const problem = `the header does not end within ${MAX_HEADER_BYTES} bytes; this is no RAW recording`;
  return new CorruptDataError("EVENTS_HEADER_TOO_LONG", source, MAX_HEADER_BYTES, problem);
}
