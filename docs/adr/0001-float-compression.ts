/**
 * The measurement behind 0001-float-compression.md: ALP against byte shuffle + deflate level 1 on simulated membrane
 * potentials, float32 widened to float64.
 *
 *   node --conditions=@millrace/source docs/adr/0001-float-compression.ts
 *
 * ALP after Afroozeh, Kuffó and Boncz, "ALP: Adaptive Lossless floating-Point Compression", SIGMOD 2024: decimals where
 * numbers have few of them, else ("ALP-RD") the front bits by a dictionary of 8 and the rest as they are; both in vectors
 * of 1,024, bit-packed by `packBits`. NaN, infinities and -0 are exceptions, kept bit by bit.
 */
import { deflateSync, inflateSync } from "node:zlib";
import { newLifNetwork } from "../../apps/snn-export/src/index.ts";
import {
  packBits,
  packedByteLength,
  shuffleBytes,
  unpackBits,
  unshuffleBytes,
} from "../../packages/codecs/src/index.ts";

const NEURONS = 100;
const STEPS = 10_240;
const VECTOR = 1024;
const CHUNK_BYTES = 1 << 20;
const POWERS = Array.from({ length: 19 }, (_, e) => Number(`1e${e}`));
const INVERSES = Array.from({ length: 19 }, (_, e) => Number(`1e-${e}`));

/** Two kinds of the same potentials: as simulated, and rounded to 0.01 mV, as an experiment's amplifier gives them. */
function potentials(decimals?: number): Float64Array {
  const network = newLifNetwork({ neurons: NEURONS });
  const values = new Float64Array(NEURONS * STEPS);
  for (let step = 0; step < STEPS; step++) {
    network.step();
    values.set(network.potentialsMv, step * NEURONS);
  }
  return decimals === undefined ? values : values.map((v) => Number(v.toFixed(decimals)));
}

interface Encoded<T> {
  readonly bytes: number;
  readonly decode: (dst: T) => void;
}

interface Vector {
  /** Decimals: (e, f) and the least integer; front bits: how many bits stay on the right. */
  readonly e: number;
  readonly f: number;
  readonly least: number;
  readonly lowWidth: number;
  readonly highWidth: number;
  readonly low: Uint8Array;
  readonly high: Uint8Array;
  readonly exceptionAt: Uint16Array;
  readonly exceptions: Float64Array;
}

const low = new Uint32Array(VECTOR);
const high = new Uint32Array(VECTOR);

function decimalOf(v: number, e: number, f: number): number {
  const d = Math.round(v * POWERS[e]! * INVERSES[f]!);
  const isExact = Math.abs(d) < 2 ** 51 && !Object.is(d, -0) && Object.is(d * POWERS[f]! * INVERSES[e]!, v);
  return isExact ? d : Number.NaN;
}

/** The exponents with the smallest estimate over every 8th value of a vector; all pairs are tried on the first one. */
function bestExponents(
  values: Float64Array,
  pairs: readonly (readonly [number, number])[],
): readonly [number, number] {
  let best = pairs[0]!;
  let bestBits = Number.POSITIVE_INFINITY;
  for (const pair of pairs) {
    let bits = 0;
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < values.length; i += 8) {
      const d = decimalOf(values[i]!, pair[0], pair[1]);
      if (Number.isNaN(d)) bits += 80;
      else {
        least = Math.min(least, d);
        most = Math.max(most, d);
      }
    }
    bits += (values.length / 8) * (most > least ? Math.ceil(Math.log2(most - least + 1)) : 0);
    if (bits < bestBits) {
      best = pair;
      bestBits = bits;
    }
  }
  return best;
}

const ALL_PAIRS = POWERS.flatMap((_, e) => Array.from({ length: e + 1 }, (__, f) => [e, f] as const));

function encodeVector(values: Float64Array, [e, f]: readonly [number, number]): Vector {
  const decimals = values.map((v) => decimalOf(v, e, f));
  const exceptionAt: number[] = [];
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  decimals.forEach((d, i) => {
    if (Number.isNaN(d)) exceptionAt.push(i);
    else {
      least = Math.min(least, d);
      most = Math.max(most, d);
    }
  });
  if (exceptionAt.length === values.length) least = most = 0;
  const width = most > least ? Math.floor(Math.log2(most - least)) + 1 : 0;
  decimals.forEach((d, i) => {
    const distance = Number.isNaN(d) ? 0 : d - least;
    low[i] = distance % 2 ** 32;
    high[i] = distance / 2 ** 32;
  });
  return packed(e, f, least, Math.min(width, 32), Math.max(0, width - 32), values, exceptionAt);
}

function packed(
  e: number,
  f: number,
  least: number,
  lowWidth: number,
  highWidth: number,
  values: Float64Array,
  exceptionAt: readonly number[],
): Vector {
  const lowBytes = new Uint8Array(packedByteLength(VECTOR, lowWidth));
  const highBytes = new Uint8Array(packedByteLength(VECTOR, highWidth));
  packBits(low, 0, VECTOR, lowWidth, lowBytes, 0);
  packBits(high, 0, VECTOR, highWidth, highBytes, 0);
  const at = Uint16Array.from(exceptionAt);
  const exceptions = Float64Array.from(exceptionAt, (i) => values[i]!);
  return { e, f, least, lowWidth, highWidth, low: lowBytes, high: highBytes, exceptionAt: at, exceptions };
}

function decodeVector(vector: Vector, dst: Float64Array, dstStart: number): void {
  const { e, f, least, lowWidth, highWidth, exceptionAt, exceptions } = vector;
  unpackBits(vector.low, 0, lowWidth, low, 0, VECTOR);
  if (highWidth > 0) unpackBits(vector.high, 0, highWidth, high, 0, VECTOR);
  else high.fill(0);
  const power = POWERS[f]!;
  const inverse = INVERSES[e]!;
  for (let i = 0; i < VECTOR; i++)
    dst[dstStart + i] = (high[i]! * 2 ** 32 + low[i]! + least) * power * inverse;
  for (let k = 0; k < exceptionAt.length; k++) dst[dstStart + exceptionAt[k]!] = exceptions[k]!;
}

function encodeDecimals(values: Float64Array): Encoded<Float64Array> {
  // As in the paper: the best pairs of samples first, and only these are tried for each vector.
  const samples = Array.from({ length: 8 }, (_, k) => Math.floor((k * values.length) / 8 / VECTOR) * VECTOR);
  const pairs = samples.map((at) => bestExponents(values.subarray(at, at + VECTOR), ALL_PAIRS));
  const few = [...new Map(pairs.map((pair) => [pair.join(), pair])).values()].slice(0, 5);
  const vectors: Vector[] = [];
  let bytes = 0;
  for (let at = 0; at < values.length; at += VECTOR) {
    const part = values.subarray(at, at + VECTOR);
    const vector = encodeVector(part, bestExponents(part, few));
    vectors.push(vector);
    bytes += 14 + vector.low.length + vector.high.length + 10 * vector.exceptionAt.length;
  }
  const decode = (dst: Float64Array): void => {
    for (const [k, vector] of vectors.entries()) decodeVector(vector, dst, k * VECTOR);
  };
  return { bytes, decode };
}

/** ALP-RD, with the trailing zero bits that all values of a vector share left out: kinder to widened float32 than the paper is. */
function encodeFront(values: Float64Array, dropsZeros: boolean): Encoded<Float64Array> {
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  let best: { cut: number; bits: number; dictionary: number[] } | undefined;
  for (let cut = 16; cut < 32; cut++) {
    const counts = new Map<number, number>();
    for (let i = 1; i < words.length; i += 64) {
      const front = words[i]! >>> cut;
      counts.set(front, (counts.get(front) ?? 0) + 1);
    }
    const sorted = [...counts].sort((a, b) => b[1] - a[1]);
    const dictionary = sorted.slice(0, 8).map(([front]) => front);
    const covered = sorted.slice(0, 8).reduce((sum, [, count]) => sum + count, 0);
    const share = 1 - (covered * 32) / values.length;
    const bits = cut + Math.ceil(Math.log2(Math.max(2, dictionary.length))) + 32 * share;
    if (best === undefined || bits < best.bits) best = { cut, bits, dictionary };
  }
  const { cut, dictionary } = best!;
  const codeWidth = Math.ceil(Math.log2(Math.max(2, dictionary.length)));
  const codes = new Map(dictionary.map((front, code) => [front, code]));
  const vectors: {
    code: Uint8Array;
    low: Uint8Array;
    high: Uint8Array;
    at: Uint16Array;
    front: Uint16Array;
    dropped: number;
  }[] = [];
  const code = new Uint32Array(VECTOR);
  let bytes = 2 * dictionary.length;
  const pack = (src: Uint32Array, width: number): Uint8Array => {
    const dst = new Uint8Array(packedByteLength(VECTOR, width));
    packBits(src, 0, VECTOR, width, dst, 0);
    return dst;
  };
  for (let start = 0; start < values.length; start += VECTOR) {
    const at: number[] = [];
    const front: number[] = [];
    let used = 0;
    for (let i = 0; i < VECTOR; i++) used |= words[2 * (start + i)]!;
    const dropped = dropsZeros ? (used === 0 ? 32 : Math.clz32(used & -used) ^ 31) : 0;
    for (let i = 0; i < VECTOR; i++) {
      const word = words[2 * (start + i) + 1]!;
      low[i] = dropped === 32 ? 0 : words[2 * (start + i)]! >>> dropped;
      high[i] = word;
      const known = codes.get(word >>> cut);
      code[i] = known ?? 0;
      if (known === undefined) {
        at.push(i);
        front.push(word >>> cut);
      }
    }
    const vector = {
      code: pack(code, codeWidth),
      low: pack(low, 32 - dropped),
      high: pack(high, cut),
      at: Uint16Array.from(at),
      front: Uint16Array.from(front),
      dropped,
    };
    vectors.push(vector);
    bytes += 3 + vector.code.length + vector.low.length + vector.high.length + 4 * at.length;
  }
  const fronts = Uint32Array.from(dictionary, (front) => front << cut);
  const decode = (dst: Float64Array): void => {
    const out = new Uint32Array(dst.buffer);
    vectors.forEach((vector, k) => {
      unpackBits(vector.code, 0, codeWidth, code, 0, VECTOR);
      const { at, front, dropped } = vector;
      unpackBits(vector.low, 0, 32 - dropped, low, 0, VECTOR);
      unpackBits(vector.high, 0, cut, high, 0, VECTOR);
      const to = 2 * k * VECTOR;
      for (let i = 0; i < VECTOR; i++) {
        out[to + 2 * i] = dropped === 32 ? 0 : low[i]! << dropped;
        out[to + 2 * i + 1] = high[i]! | fronts[code[i]!]!;
      }
      for (let e = 0; e < at.length; e++) {
        const i = at[e]!;
        out[to + 2 * i + 1] = high[i]! | (front[e]! << cut);
      }
    });
  };
  return { bytes, decode };
}

function encodeDeflate(values: Float64Array | Float32Array): Encoded<Float64Array | Float32Array> {
  const src = new Uint8Array(values.buffer);
  const shuffled = new Uint8Array(CHUNK_BYTES);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < src.length; at += CHUNK_BYTES) {
    const n = Math.min(CHUNK_BYTES, src.length - at);
    shuffleBytes(src, at, at + n, values.BYTES_PER_ELEMENT, shuffled, 0);
    chunks.push(deflateSync(shuffled.subarray(0, n), { level: 1 }));
  }
  const decode = (dst: Float64Array | Float32Array): void => {
    const bytes = new Uint8Array(dst.buffer);
    let at = 0;
    for (const chunk of chunks) {
      const plain = inflateSync(chunk);
      unshuffleBytes(plain, 0, plain.length, values.BYTES_PER_ELEMENT, bytes, at);
      at += plain.length;
    }
  };
  return { bytes: chunks.reduce((sum, chunk) => sum + chunk.length, 0), decode };
}

/** The same values as they came, without the zeros that widening adds; the rate counts them as float64 all the same. */
function encodeNarrow(values: Float64Array): Encoded<Float64Array> {
  const { bytes, decode } = encodeDeflate(new Float32Array(values));
  const narrow = new Float32Array(values.length);
  return {
    bytes,
    decode: (dst) => {
      decode(narrow);
      dst.set(narrow);
    },
  };
}

function bestSeconds(work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 5; run++) {
    const start = performance.now();
    work();
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  return best;
}

for (const [name, values] of [
  ["potentials", potentials()],
  ["potentials rounded to 0.01 mV", potentials(2)],
] as const) {
  // What a lossless codec must bring back bit by bit.
  [Number.NaN, -0, Number.POSITIVE_INFINITY, 5e-324].forEach((v, i) => {
    values[1000 * i + 77] = v;
  });
  for (const [codec, encode] of [
    ["shuffle + deflate 1", encodeDeflate],
    ["float32, shuffle + deflate 1", encodeNarrow],
    ["ALP", encodeDecimals],
    ["ALP-RD", (v: Float64Array) => encodeFront(v, false)],
    ["ALP-RD less common zeros", (v: Float64Array) => encodeFront(v, true)],
  ] as const) {
    const { bytes, decode } = encode(values);
    const back = new Float64Array(values.length);
    decode(back);
    const isExact = Buffer.compare(Buffer.from(back.buffer), Buffer.from(values.buffer)) === 0;
    const mb = values.byteLength / 1e6;
    const encodeSeconds = bestSeconds(() => void encode(values));
    const decodeSeconds = bestSeconds(() => decode(back));
    console.log(
      `${name}; ${codec}: ${(bytes / values.length).toFixed(2)} B a value, ${(mb / encodeSeconds).toFixed(0)} MB/s in, ` +
        `${(mb / decodeSeconds).toFixed(0)} MB/s out, ${isExact ? "bit-exact" : "not exact"}`,
    );
  }
}
