import { BufferPool, ChunkListFloat64, GrowableFloat64, newGrowable } from "@millrace/buffers";
import type { BenchmarkCase, BenchmarkCases } from "../../case.ts";
import { importPeer } from "../../peers.ts";

const BULK = 1024;

interface Arrow {
  makeBuilder(options: { type: object }): {
    append(value: number): unknown;
    finish(): { toVector(): { length: number } };
  };
  Float64: new () => object;
}
interface Flechette {
  columnFromValues(visit: (use: (value: number) => void) => void, type: object): { length: number };
  float64(): object;
}

/** From here on a list of chunks is the structure to take: it never copies what it holds. */
const LARGE = 1 << 20;

/**
 * One of ours for so many values: a growable buffer while copying on growth stays in the caches, chunks above.
 * The result is readable without a copy in both: a view, or the chunks. Nothing is kept from run to run.
 */
function ownAppend(count: number, fill: (target: GrowableFloat64 | ChunkListFloat64) => void): () => number {
  if (count < LARGE) {
    return () => {
      const buffer = new GrowableFloat64();
      fill(buffer);
      return buffer.view()[count - 1]!;
    };
  }
  return () => {
    using list = new ChunkListFloat64(new BufferPool());
    fill(list);
    return list.chunks().at(-1)!.at(-1)!;
  };
}

function checkLast(found: number, expected: number): void {
  if (found !== expected) throw new Error(`the last value is ${found}, expected ${expected}`);
}

function checkLength(found: number, expected: number): void {
  if (found !== expected) throw new Error(`${found} values, expected ${expected}`);
}

/** Appends `count` float64 one at a time and hands them over as one column. */
function appendCase(count: number): BenchmarkCase {
  const arrayPush = (): Float64Array => {
    const values: number[] = [];
    for (let i = 0; i < count; i++) values.push(i * 0.5);
    return Float64Array.from(values);
  };
  return {
    unit: "values",
    amount: count,
    ours: {
      name: "millrace",
      prepare: async () => {
        const work = ownAppend(count, (target) => {
          for (let i = 0; i < count; i++) target.push(i * 0.5);
        });
        return () => checkLast(work(), (count - 1) * 0.5);
      },
    },
    peers: [
      { name: "Array.push", prepare: async () => () => checkLength(arrayPush().length, count) },
      {
        name: "apache-arrow builder",
        prepare: async () => {
          const arrow = await importPeer<Arrow>("apache-arrow");
          return () => {
            const builder = arrow.makeBuilder({ type: new arrow.Float64() });
            for (let i = 0; i < count; i++) builder.append(i * 0.5);
            checkLength(builder.finish().toVector().length, count);
          };
        },
      },
      {
        name: "flechette builder",
        prepare: async () => {
          const flechette = await importPeer<Flechette>("@uwdata/flechette");
          return () => {
            const column = flechette.columnFromValues((use) => {
              for (let i = 0; i < count; i++) use(i * 0.5);
            }, flechette.float64());
            checkLength(column.length, count);
          };
        },
      },
    ],
    reach: { ratio: 2.5 },
  };
}

/** Appends `count` float64, 1,024 at a time; the peers have no bulk append and take them one by one. */
function bulkCase(count: number): BenchmarkCase {
  const source = Float64Array.from({ length: BULK }, (_, i) => i * 0.5);
  const single = appendCase(count);
  return {
    ...single,
    ours: {
      name: "millrace",
      prepare: async () => {
        const work = ownAppend(count, (target) => {
          for (let i = 0; i < count; i += BULK) target.pushMany(source, 0, Math.min(BULK, count - i));
        });
        return () => checkLast(work(), source[(count - 1) % BULK]!);
      },
    },
    reach: { ratio: 6 },
  };
}

/** The cost of an append to a float64 buffer after seven kinds were used in the process, beside that kind alone. */
function kindsCase(): BenchmarkCase {
  const count = 500_000;
  const fill = (buffer: Pick<GrowableFloat64, "push" | "take">): void => {
    for (let i = 0; i < count; i++) buffer.push(i);
    buffer.take();
  };
  const float64 = (): void => {
    const buffer = newGrowable("float64");
    for (let i = 0; i < count; i++) buffer.push(i);
    checkLength(buffer.take().length, count);
  };
  return {
    unit: "values",
    amount: count,
    ours: {
      name: "seven kinds in the process",
      prepare: async () => {
        const kinds = ["uint8", "uint16", "int16", "uint32", "int32", "float32", "float64"] as const;
        for (let round = 0; round < 5; round++)
          for (const kind of kinds) fill(newGrowable(kind) as GrowableFloat64);
        return float64;
      },
    },
    peers: [{ name: "one kind alone", prepare: async () => float64 }],
    reach: { ratio: 1 / 1.3 },
  };
}

export const cases: BenchmarkCases = {
  "append-500k": appendCase(500_000),
  "append-8M": appendCase(8_000_000),
  "bulk-500k": bulkCase(500_000),
  "bulk-8M": bulkCase(8_000_000),
  "seven-kinds": kindsCase(),
};
