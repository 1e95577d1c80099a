/** Values of the BSON specification (bsonspec.org) that JavaScript has no type of its own for. */

/** A double that is told from an int32: without it, 5 is stored as an int32. The driver's `Double`. */
export class Double {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  valueOf(): number {
    return this.value;
  }
}

/** Bytes with a subtype other than 0, which a plain Uint8Array stands for. */
export class Binary {
  readonly bytes: Uint8Array;
  /** From 0 to 255; 4 is a UUID. */
  readonly subtype: number;

  constructor(bytes: Uint8Array, subtype: number) {
    this.bytes = bytes;
    this.subtype = subtype;
  }
}

/** MongoDB's internal time: seconds since 1970 and a counter within the second, 32 bits each. */
export class Timestamp {
  readonly seconds: number;
  readonly increment: number;

  constructor(seconds: number, increment: number) {
    this.seconds = seconds >>> 0;
    this.increment = increment >>> 0;
  }
}

/** A regular expression as it is stored: PCRE's text, and options in alphabetical order. */
export class BSONRegExp {
  readonly pattern: string;
  readonly options: string;

  constructor(pattern: string, options = "") {
    this.pattern = pattern;
    this.options = [...options].sort().join("");
  }
}

/** JavaScript as text, which is kept but never run; with a scope when it has one. */
export class Code {
  readonly code: string;
  readonly scope: object | undefined;

  constructor(code: string, scope?: object) {
    this.code = code;
    this.scope = scope;
  }
}

/** Below all other values. */
export class MinKey {
  readonly kind = "MinKey";
}

/** Above all other values. */
export class MaxKey {
  readonly kind = "MaxKey";
}
