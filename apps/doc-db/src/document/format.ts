/** The bytes of a document, as docs/formats/doc-db.md lays them out. */

/** Type bytes of values. */
export const TYPE = {
  null: 0,
  false: 1,
  true: 2,
  int32: 3,
  int64: 4,
  double: 5,
  string: 6,
  date: 7,
  binary: 8,
  objectId: 9,
  array: 10,
  object: 11,
  decimal: 12,
  /** Binary with a byte of subtype in front. */
  subtypedBinary: 13,
  timestamp: 14,
  regex: 15,
  code: 16,
  codeWithScope: 17,
  minKey: 18,
  maxKey: 19,
  /** Text of ASCII, a byte a character. */
  ascii: 20,
} as const;

/** Added to the entry count of a container whose offsets have 32 bits. */
export const WIDE_FLAG = 0x80000000;
/** Added to the entry count of an object that has the id of its names in place of them. */
export const LISTED_FLAG = 0x40000000;
/** The entry count without the flags. */
export const COUNT_MASK = 0x3fffffff;

/** Largest encoded document in bytes. */
export const MAX_DOCUMENT_BYTES: number = 16 * 1024 * 1024;

/** Objects and arrays inside each other, the document itself included. */
export const MAX_DOCUMENT_DEPTH = 100;

/** Longest field name in bytes of UTF-8. */
export const MAX_NAME_BYTES = 65_535;
