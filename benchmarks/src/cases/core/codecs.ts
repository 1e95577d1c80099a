import { seededRandom, writeVarint, zigzagEncode32 } from "@millrace/base";
import {
  csrToRows,
  decodeStepRuns,
  encodeStepRuns,
  eventsToCsr,
  packBits,
  packedByteLength,
  shuffleBytes,
  unpackDeltas,
  unshuffleBytes,
} from "@millrace/codecs";
import { packDeltas4, unpackDeltas4Simd, unpackDeltasSimd } from "@millrace/codecs/simd";
import type { BenchmarkCase, BenchmarkCases, Contender, Work } from "../../case.ts";
import { importPeer } from "../../peers.ts";

const VALUES = 1 << 16;
const WIDTHS = Array.from({ length: 32 }, (_, i) => i + 1);

interface HyparquetDelta {
  deltaBinaryUnpack(reader: { view: DataView; offset: number }, count: number, output: Int32Array): void;
}

/** Deltas that need exactly `width` bits, the first of them 0. */
function deltas(width: number): Uint32Array {
  const random = seededRandom(width);
  return Uint32Array.from({ length: VALUES }, (_, i) => (i === 0 ? 0 : random.nextU32() >>> (32 - width)));
}

function sums(width: number): Int32Array {
  let sum = 0;
  return Int32Array.from(deltas(width), (delta) => {
    sum = (sum + delta) | 0;
    return sum;
  });
}

function check(found: Int32Array, width: number): void {
  const expected = sums(width);
  for (let i = 0; i < VALUES; i++) {
    if (found[i] !== expected[i])
      throw new Error(`width ${width}: value ${i} is ${found[i]}, not ${expected[i]}`);
  }
}

/** The same deltas as one DELTA_BINARY_PACKED page: blocks of 128 in 4 miniblocks, smallest delta 0. */
function deltaBinaryPacked(width: number): Uint8Array {
  const source = deltas(width);
  const bytes = new Uint8Array(64 + packedByteLength(VALUES, 32) + VALUES / 8);
  let at = 0;
  for (const value of [128, 4, VALUES, zigzagEncode32(0)]) at = writeVarint(bytes, at, value);
  const block = new Uint32Array(128);
  for (let start = 1; start < VALUES; start += 128) {
    block.fill(0);
    block.set(source.subarray(start, Math.min(start + 128, VALUES)));
    at = writeVarint(bytes, at, zigzagEncode32(0));
    bytes.fill(width, at, at + 4);
    at = packBits(block, 0, 128, width, bytes, at + 4);
  }
  return bytes.subarray(0, at);
}

/** One work a width: `pack` gives the bytes of the width's deltas, `unpack` adds them up into `values`. */
function unpacker(
  name: string,
  pack: (width: number) => Uint8Array,
  unpack: (packed: Uint8Array, width: number, values: Int32Array) => void,
): Contender {
  return {
    name,
    prepare: async () =>
      WIDTHS.map((width): Work => {
        const packed = pack(width);
        const values = new Int32Array(VALUES);
        const work = (): void => unpack(packed, width, values);
        work();
        check(values, width);
        return work;
      }),
  };
}

function packDeltas(width: number): Uint8Array {
  const packed = new Uint8Array(packedByteLength(VALUES, width));
  packBits(deltas(width), 0, VALUES, width, packed, 0);
  return packed;
}

const ourTypeScript: Contender = unpacker("millrace unpackDeltas", packDeltas, (packed, width, values) => {
  unpackDeltas(packed, 0, width, values, 0, VALUES);
});

/** Unpacks 64 Ki deltas of each width from 1 to 32 and adds them up; geometric mean over the widths. */
const deltaUnpack: BenchmarkCase = {
  unit: "values",
  amount: VALUES,
  ours: { ...ourTypeScript, name: "millrace" },
  peers: [
    {
      name: "hyparquet",
      prepare: async () => {
        const { deltaBinaryUnpack } = await importPeer<HyparquetDelta>("hyparquet/src/delta.js");
        return WIDTHS.map((width): Work => {
          const bytes = deltaBinaryPacked(width);
          const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
          const values = new Int32Array(VALUES);
          const work = (): void => deltaBinaryUnpack({ view, offset: 0 }, VALUES, values);
          work();
          check(values, width);
          return work;
        });
      },
    },
  ],
  reach: { ratio: 6 },
};

/** The same bytes through the wasm vectors, copies into and out of their memory included. */
const simdDelta: BenchmarkCase = {
  unit: "values",
  amount: VALUES,
  ours: unpacker("millrace simd", packDeltas, (packed, width, values) => {
    unpackDeltasSimd(packed, 0, width, values, 0, VALUES);
  }),
  peers: [ourTypeScript],
  reach: { ratio: 1.5 },
};

/** Deltas of the same widths to the value 4 before; the peer unpacks deltas to the value before. */
const simdDelta4: BenchmarkCase = {
  unit: "values",
  amount: VALUES,
  ours: {
    name: "millrace simd",
    prepare: async () =>
      WIDTHS.map((width): Work => {
        const expected = Int32Array.from(deltas(width));
        for (let i = 4; i < VALUES; i++) expected[i]! += expected[i - 4]!;
        const packed = new Uint8Array(packedByteLength(VALUES, width));
        packDeltas4(expected, 0, VALUES, width, packed, 0);
        const values = new Int32Array(VALUES);
        const work = (): void => {
          unpackDeltas4Simd(packed, 0, width, values, 0, VALUES);
        };
        work();
        checkEqual(values, expected);
        return work;
      }),
  },
  peers: [ourTypeScript],
  reach: { ratio: 2.5 },
};

function checkEqual(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  if (found.length !== expected.length) throw new Error(`${found.length} elements, not ${expected.length}`);
  for (let i = 0; i < expected.length; i++) {
    if (found[i] !== expected[i]) throw new Error(`element ${i} is ${found[i]}, not ${expected[i]}`);
  }
}

/** What a peer made, kept where no engine can leave the work out. */
const kept: { latest: unknown } = { latest: undefined };

/** One work that is checked once before it is timed; what it returns is kept. */
function contender(name: string, prepare: () => { work: () => unknown; verify: () => void }): Contender {
  return {
    name,
    prepare: async () => {
      const { work, verify } = prepare();
      kept.latest = work();
      verify();
      return () => {
        kept.latest = work();
      };
    },
  };
}

const STEPS = 1 << 20;

/** Timesteps in which a neuron is active: bursts of 1 to 40 steps, pauses of 1 to 200. */
function activeSteps(): Uint32Array {
  const random = seededRandom(11);
  const steps = new Uint32Array(STEPS);
  let step = 0;
  let left = 0;
  for (let i = 0; i < STEPS; i++) {
    if (left === 0) {
      step += random.nextInt(1, 200);
      left = random.nextInt(1, 40);
    }
    steps[i] = step++;
    left--;
  }
  return steps;
}

interface StepRun {
  readonly start: number;
  count: number;
}

function runsOfObjects(events: readonly { readonly step: number }[]): StepRun[] {
  const runs: StepRun[] = [];
  let latest: StepRun | undefined;
  for (const { step } of events) {
    if (latest !== undefined && step === latest.start + latest.count) latest.count++;
    else {
      latest = { start: step, count: 1 };
      runs.push(latest);
    }
  }
  return runs;
}

function stepObjects(steps: Uint32Array): { step: number }[] {
  return Array.from(steps, (step) => ({ step }));
}

function encodedSteps(steps: Uint32Array): { starts: Uint32Array; counts: Uint32Array; runs: number } {
  const starts = new Uint32Array(steps.length);
  const counts = new Uint32Array(steps.length);
  return { starts, counts, runs: encodeStepRuns(steps, 0, steps.length, starts, counts) };
}

/** 1 Mi active timesteps to runs; bytes are those of the timesteps as uint32. */
const rleEncode: BenchmarkCase = {
  unit: "bytes",
  amount: 4 * STEPS,
  ours: contender("millrace", () => {
    const steps = activeSteps();
    const { starts, counts } = encodedSteps(steps);
    const expected = runsOfObjects(stepObjects(steps));
    return {
      work: () => encodeStepRuns(steps, 0, STEPS, starts, counts),
      verify: () => {
        checkEqual(
          starts.subarray(0, expected.length),
          expected.map(({ start }) => start),
        );
        checkEqual(
          counts.subarray(0, expected.length),
          expected.map(({ count }) => count),
        );
      },
    };
  }),
  peers: [
    contender("loop over objects", () => {
      const events = stepObjects(activeSteps());
      return {
        work: () => runsOfObjects(events),
        verify: () => {
          const { runs } = encodedSteps(activeSteps());
          if (runsOfObjects(events).length !== runs) throw new Error("another number of runs");
        },
      };
    }),
  ],
  reach: { ratio: 10 },
};

const rleDecode: BenchmarkCase = {
  unit: "bytes",
  amount: 4 * STEPS,
  ours: contender("millrace", () => {
    const expected = activeSteps();
    const { starts, counts, runs } = encodedSteps(expected);
    const steps = new Uint32Array(STEPS);
    return {
      work: () => decodeStepRuns(starts, counts, runs, steps, 0),
      verify: () => checkEqual(steps, expected),
    };
  }),
  peers: [
    contender("loop over objects", () => {
      const expected = activeSteps();
      const runs = runsOfObjects(stepObjects(expected));
      const work = (): { step: number }[] => {
        const events: { step: number }[] = [];
        for (const { start, count } of runs) {
          for (let step = start; step < start + count; step++) events.push({ step });
        }
        return events;
      };
      return {
        work,
        verify: () =>
          checkEqual(
            work().map(({ step }) => step),
            expected,
          ),
      };
    }),
  ],
  reach: { ratio: 10 },
};

const EVENTS = 1 << 20;
const ROWS = 1000;

interface SpikeEvent {
  readonly row: number;
  readonly column: number;
}

/** Spikes in the order of their timesteps (columns), of neurons (rows) at random. */
function spikes(): { rows: Uint32Array; columns: Uint32Array } {
  const random = seededRandom(12);
  return {
    rows: Uint32Array.from({ length: EVENTS }, () => random.nextInt(0, ROWS - 1)),
    columns: Uint32Array.from({ length: EVENTS }, (_, i) => i >> 5),
  };
}

function spikeObjects(): SpikeEvent[] {
  const { rows, columns } = spikes();
  return Array.from(rows, (row, i) => ({ row, column: columns[i]! }));
}

/** Each row's events, as objects. */
function groupedObjects(events: readonly SpikeEvent[]): SpikeEvent[][] {
  const grouped: SpikeEvent[][] = Array.from({ length: ROWS }, () => []);
  for (const event of events) grouped[event.row]!.push(event);
  return grouped;
}

function spikeCsr(): { indptr: Uint32Array; indices: Uint32Array } {
  const { rows, columns } = spikes();
  const indptr = new Uint32Array(ROWS + 1);
  const indices = new Uint32Array(EVENTS);
  eventsToCsr(rows, columns, 0, EVENTS, indptr, indices);
  return { indptr, indices };
}

/** 1 Mi unsorted (row, column) events to CSR; bytes are those of the events as two uint32. */
const csrFromEvents: BenchmarkCase = {
  unit: "bytes",
  amount: 8 * EVENTS,
  ours: contender("millrace", () => {
    const { rows, columns } = spikes();
    const indptr = new Uint32Array(ROWS + 1);
    const indices = new Uint32Array(EVENTS);
    return {
      work: () => eventsToCsr(rows, columns, 0, EVENTS, indptr, indices),
      verify: () =>
        checkEqual(
          indices,
          groupedObjects(spikeObjects())
            .flat()
            .map(({ column }) => column),
        ),
    };
  }),
  peers: [
    contender("loop over objects", () => {
      const events = spikeObjects();
      const work = (): SpikeEvent[][] => groupedObjects(events);
      return {
        work,
        verify: () =>
          checkEqual(
            work()
              .flat()
              .map(({ column }) => column),
            spikeCsr().indices,
          ),
      };
    }),
  ],
  reach: { ratio: 10 },
};

const csrToEvents: BenchmarkCase = {
  unit: "bytes",
  amount: 8 * EVENTS,
  ours: contender("millrace", () => {
    const { indptr, indices } = spikeCsr();
    const rows = new Uint32Array(EVENTS);
    const columns = new Uint32Array(EVENTS);
    return {
      work: () => {
        csrToRows(indptr, rows);
        columns.set(indices);
      },
      verify: () => {
        const expected = groupedObjects(spikeObjects()).flat();
        checkEqual(
          rows,
          expected.map(({ row }) => row),
        );
        checkEqual(
          columns,
          expected.map(({ column }) => column),
        );
      },
    };
  }),
  peers: [
    contender("loop over objects", () => {
      const grouped = groupedObjects(spikeObjects()).map((events) =>
        events.map(({ column }) => ({ column })),
      );
      const work = (): SpikeEvent[] => {
        const events: SpikeEvent[] = [];
        grouped.forEach((entries, row) => {
          for (const { column } of entries) events.push({ row, column });
        });
        return events;
      };
      return {
        work,
        verify: () =>
          checkEqual(
            work().map(({ column }) => column),
            spikeCsr().indices,
          ),
      };
    }),
  ],
  reach: { ratio: 10 },
};

const SHUFFLED_BYTES = 1 << 20;
const ELEMENT_BYTES = 8;
const PLANE_BYTES = SHUFFLED_BYTES / ELEMENT_BYTES;

function shuffleByByte(src: Uint8Array, dst: Uint8Array): void {
  for (let byte = 0; byte < ELEMENT_BYTES; byte++) {
    for (let i = 0; i < PLANE_BYTES; i++) dst[byte * PLANE_BYTES + i] = src[i * ELEMENT_BYTES + byte]!;
  }
}

function unshuffleByByte(src: Uint8Array, dst: Uint8Array): void {
  for (let i = 0; i < PLANE_BYTES; i++) {
    for (let byte = 0; byte < ELEMENT_BYTES; byte++) {
      dst[i * ELEMENT_BYTES + byte] = src[byte * PLANE_BYTES + i]!;
    }
  }
}

type Copy = (src: Uint8Array, dst: Uint8Array) => void;

/** 1 MiB of elements of 8 bytes, one way; numcodecs shuffles only inside of Blosc's compression. */
function shuffleCase(ours: Copy, byByte: Copy): BenchmarkCase {
  const one = (name: string, copy: Copy, other: Copy): Contender =>
    contender(name, () => {
      const src = seededRandom(13).fill(new Uint8Array(SHUFFLED_BYTES));
      const dst = new Uint8Array(SHUFFLED_BYTES);
      const expected = new Uint8Array(SHUFFLED_BYTES);
      other(src, expected);
      return { work: () => copy(src, dst), verify: () => checkEqual(dst, expected) };
    });
  return {
    unit: "bytes",
    amount: SHUFFLED_BYTES,
    ours: one("millrace", ours, byByte),
    peers: [one("byte by byte", byByte, ours)],
  };
}

export const cases: BenchmarkCases = {
  "delta-unpack": deltaUnpack,
  "simd-delta4": simdDelta4,
  "simd-delta": simdDelta,
  "rle-encode": rleEncode,
  "rle-decode": rleDecode,
  "csr-from-events": csrFromEvents,
  "csr-to-events": csrToEvents,
  shuffle: shuffleCase(
    (src, dst) => shuffleBytes(src, 0, SHUFFLED_BYTES, ELEMENT_BYTES, dst, 0),
    shuffleByByte,
  ),
  unshuffle: shuffleCase(
    (src, dst) => unshuffleBytes(src, 0, SHUFFLED_BYTES, ELEMENT_BYTES, dst, 0),
    unshuffleByByte,
  ),
};
