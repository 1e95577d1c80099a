import { CorruptDataError, MillraceError } from "@millrace/base";

/** Every format that can be read, by the name under which results report it. */
const NAMES = [
  "EVT2",
  "EVT2.1",
  "EVT3",
  "EVT4",
  "DAT",
  "ES",
  "N-MNIST",
  "AEDAT1",
  "AEDAT2",
  "AEDAT3",
  "AEDAT4",
  "HDF5",
  "ROS bag",
  "NumPy",
  "text",
] as const;

/** Formats that can be read. */
export type FormatName = (typeof NAMES)[number];

/** Every format that can be read. */
export const FORMAT_NAMES: readonly FormatName[] = Object.freeze([...NAMES]);

/** Formats of a RAW file by the names that headers use, in lower case. */
const RAW_FORMATS: Readonly<Record<string, string>> = {
  evt2: "EVT2",
  "2.0": "EVT2",
  evt21: "EVT2.1",
  "2.1": "EVT2.1",
  evt3: "EVT3",
  "3.0": "EVT3",
  evt4: "EVT4",
  "4.0": "EVT4",
  "aer-8b": "AER-8b",
  "aer-4b": "AER-4b",
  histo3d: "HISTO3D",
  diff3d: "DIFF3D",
};

/** What an HDF5 file begins with, but for those with a user block. */
export const HDF5_MAGIC = "\x89HDF\r\n\x1a\n";

/** What a gzip file begins with. */
export const GZIP_MAGIC = "\x1f\x8b";

/** What files of other formats begin with; ASCII, with escapes for the rest. */
const MAGICS: readonly (readonly [start: string, name: string])[] = [
  ["#!AER-DAT", "AEDAT of an unknown version"],
  ["#ROSBAG V", "a ROS 1 bag of a version before 2.0"],
  ["ARROW1", "Arrow"],
  ["PAR1", "Parquet"],
  ["\x89PNG", "PNG"],
];

/** The name of a format from a RAW header's `format` or `evt` value, or the value itself when it is none we know. */
export function rawFormatName(value: string): string {
  return RAW_FORMATS[value.trim().toLowerCase()] ?? value.trim();
}

/** The name of a format that begins with these bytes and that is not read, or undefined. */
export function unsupportedMagic(head: Uint8Array): string | undefined {
  return MAGICS.find(([magic]) => beginsWith(head, magic))?.[1];
}

/** True when the bytes begin with this text; escapes stand for bytes that are no ASCII. */
export function beginsWith(bytes: Uint8Array, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[i] !== text.charCodeAt(i)) return false;
  return true;
}

/** What formats begin with that are not read from their beginning to their end. */
const RANDOM_ACCESS_MAGICS: readonly string[] = [
  HDF5_MAGIC,
  "\x93NUMPY",
  "PK\x03\x04",
  "\x89MCAP0\r\n",
  "#ROSBAG V",
  "\x1f\x8b",
  "SQLite format 3",
];

/** True for the first bytes of a format that is not read from its beginning to its end. */
export function needsRandomAccess(head: Uint8Array): boolean {
  return RANDOM_ACCESS_MAGICS.some((magic) => beginsWith(head, magic));
}

/** The error for a file that ends before its data begins. */
export function truncatedHeader(source: string, at: number): CorruptDataError {
  const problem = "the file ends in the middle of its header; it is truncated, copy or download it again";
  return new CorruptDataError("EVENTS_HEADER_TRUNCATED", source, at, problem);
}

/** The error for a recording whose format is known and not read. */
export function unsupportedFormat(source: string, name: string): MillraceError {
  return new MillraceError(
    "EVENTS_FORMAT_UNSUPPORTED",
    `${source}: this is ${name}, which is not supported yet; supported are ${FORMAT_NAMES.join(", ")}`,
  );
}

/** True for the name of a RAW format that can be read. */
export function isRawFormat(name: string): name is FormatName {
  return name.startsWith("EVT") && (FORMAT_NAMES as readonly string[]).includes(name);
}
