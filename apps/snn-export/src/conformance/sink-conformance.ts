import { ELEMENT_KINDS, newTypedArray, type TypedArray } from "@millrace/buffers";
import { DataExporter } from "../exporter.ts";
import type { RunSink, SinkColumn, SinkGroup, SinkValue } from "../sinks/run-sink.ts";
import { type ConformanceTest, requireEqual, requireThat } from "./conformance-test.ts";

/** What was written below one path: a group's attributes, a column with its rows, or a text. */
export interface SinkContents {
  /** A format that has one kind of numbers may give a whole one as number or bigint. */
  readonly attributes?: Readonly<Record<string, SinkValue>>;
  /** Rows one after another, in the kind in which they were appended. */
  readonly values?: TypedArray;
  readonly text?: string;
}

/** How the suite makes a sink, and looks at what it wrote. */
export interface SinkHarness {
  /** A sink over a new file. */
  open(): RunSink;
  /** Everything that a closed sink wrote, by path: "a", "a/rows"; the root is "". */
  read(path: string): Promise<Readonly<Record<string, SinkContents>>>;
  /** Whether there is something at this path. */
  exists(path: string): boolean;
}

/** The promises of a {@link RunSink}, as tests: `for (const { name, run } of sinkConformance(…)) it(name, run);` */
export function sinkConformance(harness: SinkHarness): ConformanceTest[] {
  return [
    {
      name: "brings rows of every kind back, in whatever pieces they came",
      run: () => checkRows(harness),
    },
    {
      name: "copies rows before append returns",
      run: async () => {
        const sink = harness.open();
        const column = newColumn(sink.root, "reused", 4);
        const rows = new Float64Array(3);
        for (let i = 0; i < 10; i++) column.append(rows.fill(i));
        sink.close();
        const expected = Float64Array.from({ length: 30 }, (_, i) => Math.floor(i / 3));
        requireEqual((await harness.read(sink.path)).reused?.values, expected, "the rows");
      },
    },
    {
      name: "keeps attributes, the last value of each, texts, and small datasets",
      run: () => checkValues(harness),
    },
    {
      name: "keeps what comes after a checkpoint, and after a group was closed",
      run: async () => {
        const sink = harness.open();
        const closed = sink.root.createGroup("closed");
        closed.setAttribute("n", 1n);
        closed.close();
        const column = newColumn(sink.root, "x", 4);
        column.append(Float64Array.of(1, 2));
        sink.checkpoint();
        column.append(Float64Array.of(3));
        sink.checkpoint();
        sink.checkpoint();
        column.append(Float64Array.of(4, 5, 6));
        sink.close();
        requireEqual(
          (await harness.read(sink.path)).x?.values,
          Float64Array.of(1, 2, 3, 4, 5, 6),
          "the rows",
        );
      },
    },
    {
      name: "closes twice, and is there then; is gone once it was discarded",
      run: async () => {
        const kept = harness.open();
        kept.close();
        kept.close();
        requireThat(harness.exists(kept.path), "a closed sink left nothing");
        const gone = harness.open();
        requireThat(gone.path !== kept.path, "two sinks have one path");
        newColumn(gone.root, "x", 4).append(Float64Array.of(1));
        gone.discard();
        requireThat(!harness.exists(gone.path), "a discarded sink left something");
      },
    },
    {
      name: "drains without end when nothing waits",
      run: async () => {
        const sink = harness.open();
        await sink.drain();
        requireThat(!sink.isBehind, "it is behind after it was drained");
        sink.close();
      },
    },
    {
      name: "takes a whole run from DataExporter",
      run: () => checkRun(harness),
    },
  ];
}

function newColumn(group: SinkGroup, name: string, chunkRows: number): SinkColumn<"float64"> {
  return group.createColumn(name, { kind: "float64", chunkRows, unit: "1", description: name });
}

async function checkRows(harness: SinkHarness): Promise<void> {
  const sink = harness.open();
  const expected: Record<string, TypedArray> = {};
  for (const kind of ELEMENT_KINDS) {
    for (const width of [undefined, 1, 3]) {
      const name = `${kind}_${width ?? "single"}`;
      const rows = newTypedArray(kind, 100 * (width ?? 1));
      for (let i = 0; i < rows.length; i++) rows[i] = typeof rows[0] === "bigint" ? BigInt(i) : i % 128;
      const column = sink.root.createColumn(name, {
        kind,
        width,
        chunkRows: 16,
        unit: "1",
        description: name,
      });
      for (let from = 0, piece = 1; from < 100; from += piece, piece = (piece * 3) % 37) {
        const to = Math.min(100, from + piece);
        column.append(rows.subarray(from * (width ?? 1), to * (width ?? 1)) as never);
      }
      expected[name] = rows;
    }
  }
  sink.close();
  const contents = await harness.read(sink.path);
  for (const [name, rows] of Object.entries(expected)) requireEqual(contents[name]?.values, rows, name);
}

async function checkValues(harness: SinkHarness): Promise<void> {
  const sink = harness.open();
  const group = sink.root.createGroup("group");
  const inner = group.createGroup("inner");
  const attributes = { text: "höhe", number: 0.1, integer: -(2n ** 60n), again: 2 };
  inner.setAttribute("again", "first");
  for (const [name, value] of Object.entries(attributes)) inner.setAttribute(name, value);
  group.writeText("json", '{"ä": 1}');
  const spec = { kind: "int32", width: 2, chunkRows: 8, unit: "1", description: "few" } as const;
  group.writeRows("few", spec, Int32Array.of(1, -2, 3, -4));
  sink.close();
  const contents = await harness.read(sink.path);
  for (const [name, value] of Object.entries(attributes)) {
    requireAttribute(contents["group/inner"]?.attributes?.[name], value, name);
  }
  requireEqual(contents["group/json"]?.text, '{"ä": 1}', "the text");
  requireEqual(contents["group/few"]?.values, Int32Array.of(1, -2, 3, -4), "the small dataset");
}

function requireAttribute(found: SinkValue | undefined, expected: SinkValue, name: string): void {
  const isSameNumber =
    typeof expected !== "string" && typeof found !== "string" && Number(found) === Number(expected);
  if (!isSameNumber) requireEqual(found, expected, `the attribute ${name}`);
}

async function checkRun(harness: SinkHarness): Promise<void> {
  const exporter = new DataExporter("run", {
    sink: () => harness.open(),
    git: false,
    codeSnapshot: "none",
    chunkBytes: 4096,
  });
  for (let id = 0; id < 2; id++) {
    exporter.startEpisode({ neurons: 3 });
    for (let timestep = 0; timestep < 3000; timestep++) {
      exporter.log({ timestep, spikeIds: [timestep % 3], reward: timestep });
      if (timestep === 1500) exporter.checkpoint();
    }
    exporter.endEpisode({ success: true });
  }
  exporter.close();
  const contents = await harness.read(exporter.path);
  const episode = "episodes/episode_0001";
  requireEqual(contents[episode]?.attributes?.status, "complete", "the status");
  requireAttribute(contents[episode]?.attributes?.n_steps, 3000n, "n_steps");
  const rewards = Float64Array.from({ length: 3000 }, (_, i) => i);
  requireEqual(contents[`${episode}/rewards/values`]?.values, rewards, "the rewards");
  const ids = Uint16Array.from({ length: 3000 }, (_, i) => i % 3);
  requireEqual(contents[`${episode}/spikes/ids`]?.values, ids, "the spikes");
}
