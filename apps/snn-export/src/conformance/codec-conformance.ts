import { seededRandom } from "@millrace/base";
import { newTypedArray } from "@millrace/buffers";
import { MemoryVfs } from "@millrace/files";
import { DataExporter } from "../exporter.ts";
import type { FieldKind } from "../fields.ts";
import { ExperimentLoader } from "../loader.ts";
import type { CodedValues, ColumnCodec } from "../plugins/codec.ts";
import { type ConformanceTest, requireEqual, requireThat } from "./conformance-test.ts";

/** What is asked of a codec. */
export interface CodecConformanceOptions {
  /** Kinds of values that it takes. */
  readonly kinds: readonly FieldKind[];
  /** How far a decoded value may be from the one that was encoded; 0 for a lossless codec. @default 0 */
  readonly tolerance?: number;
}

/**
 * The promises of a {@link ColumnCodec}, as tests: `for (const { name, run } of codecConformance(…)) it(name, run);`
 */
export function codecConformance(codec: ColumnCodec, options: CodecConformanceOptions): ConformanceTest[] {
  const { kinds, tolerance = 0 } = options;
  return [
    ...kinds.map((kind) => ({
      name: `brings ${kind} values back, from one to many thousands`,
      run: async () => {
        for (const rows of [1, 2, 7, 100, 65_536]) {
          for (const width of [1, 3]) checkRoundTrip(codec, someValues(kind, rows * width), width, tolerance);
        }
      },
    })),
    {
      name: "leaves the values that it encodes and the bytes that it decodes as they were",
      run: async () => {
        for (const kind of kinds) {
          const values = someValues(kind, 100);
          const before = values.slice();
          const bytes = codec.encode(values, 5).slice();
          requireEqual(values, before, "the values");
          const bytesBefore = bytes.slice();
          codec.decode(bytes, newTypedArray(kind, 100), 5);
          requireEqual(bytes, bytesBefore, "the bytes");
        }
      },
    },
    {
      name: "has a name, and is found by it in a file",
      run: async () => {
        requireThat(codec.name !== "", "the name is empty");
        for (const kind of kinds) await checkInFile(codec, kind, tolerance);
      },
    },
  ];
}

function someValues(kind: FieldKind, length: number): CodedValues {
  const random = seededRandom(length);
  const values = newTypedArray(kind, length);
  // Small integers are values of every kind; floats get fractions too.
  for (let i = 0; i < length; i++) {
    values[i] = kind.startsWith("float") ? 100 * random.nextNormal() : random.nextInt(0, 127);
  }
  return values;
}

function checkRoundTrip(codec: ColumnCodec, values: CodedValues, width: number, tolerance: number): void {
  const bytes = codec.encode(values, width).slice();
  const found = values.slice().fill(0);
  codec.decode(bytes, found, width);
  requireClose(found, values, tolerance);
}

async function checkInFile(codec: ColumnCodec, kind: FieldKind, tolerance: number): Promise<void> {
  const vfs = new MemoryVfs();
  const values = someValues(kind, 3000);
  const exporter = new DataExporter("codec", {
    outputDirectory: "runs",
    vfs,
    git: false,
    codeSnapshot: "none",
    chunkBytes: 4096,
    codecs: { "behavior/x": codec },
  });
  exporter.startEpisode({ neurons: 1 });
  for (let timestep = 0; timestep < 1000; timestep++) {
    exporter.log({ timestep, behavior: { x: values.subarray(3 * timestep, 3 * timestep + 3) } });
    if (timestep === 500) exporter.checkpoint();
  }
  exporter.endEpisode();
  exporter.close();
  await using loader = await ExperimentLoader.open(exporter.path, { vfs, codecs: [codec] });
  const x = loader.episode(0).contents().behavior.x;
  requireClose(x?.values ?? [], values, tolerance);
  const slice = loader.episode(0).getBehavior("x", 499, 503)?.values ?? [];
  requireClose(slice, values.subarray(499 * 3, 503 * 3), tolerance);
}

function requireClose(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  requireThat(found.length === expected.length, `${found.length} values, expected ${expected.length}`);
  for (let i = 0; i < expected.length; i++) {
    const isClose = Object.is(found[i], expected[i]) || Math.abs(found[i]! - expected[i]!) <= tolerance;
    requireThat(isClose, `value ${i} is ${found[i]}, expected ${expected[i]} to within ${tolerance}`);
  }
}
