// A sink: a run that stays in memory as a tree of arrays, for a test or a notebook.
import {
  type ElementKind,
  newGrowable,
  newTypedArray,
  type TypedArray,
  type TypedArrayOf,
} from "@millrace/buffers";
import {
  DataExporter,
  type RunSink,
  type SinkColumn,
  type SinkColumnSpec,
  type SinkGroup,
  type SinkValue,
} from "@millrace/snn-export";
import { type SinkContents, sinkConformance } from "@millrace/snn-export/conformance";

/** All runs, by path: what a file system is to the other sinks. */
const runs = new Map<string, Map<string, () => SinkContents>>();

class MemoryGroup implements SinkGroup {
  readonly #nodes: Map<string, () => SinkContents>;
  readonly #path: string;
  readonly #attributes: Record<string, SinkValue> = {};

  constructor(nodes: Map<string, () => SinkContents>, path: string) {
    this.#nodes = nodes;
    this.#path = path;
    nodes.set(path, () => ({ attributes: this.#attributes }));
  }

  createGroup(name: string): SinkGroup {
    return new MemoryGroup(this.#nodes, this.#below(name));
  }

  createColumn<K extends ElementKind>(name: string, { kind }: SinkColumnSpec<K>): SinkColumn<K> {
    // One kind of typed array; which it is only the caller's type says.
    const rows = newGrowable<ElementKind>(kind) as { pushMany(rows: TypedArray): void; view(): TypedArray };
    this.#nodes.set(this.#below(name), () => ({ values: rows.view() }));
    return { append: (values) => rows.pushMany(values) };
  }

  writeRows<K extends ElementKind>(name: string, { kind }: SinkColumnSpec<K>, rows: TypedArrayOf<K>): void {
    const values = newTypedArray<ElementKind>(kind, rows.length);
    values.set(rows as never);
    this.#nodes.set(this.#below(name), () => ({ values }));
  }

  setAttribute(name: string, value: SinkValue): void {
    this.#attributes[name] = value;
  }

  writeText(name: string, text: string): void {
    this.#nodes.set(this.#below(name), () => ({ text }));
  }

  close(): void {}

  #below(name: string): string {
    return this.#path === "" ? name : `${this.#path}/${name}`;
  }
}

function openMemorySink(): RunSink {
  const path = `memory:${runs.size}`;
  const nodes = new Map<string, () => SinkContents>();
  runs.set(path, nodes);
  return {
    path,
    root: new MemoryGroup(nodes, ""),
    isBehind: false,
    drain: async () => {},
    checkpoint: () => {},
    close: () => {},
    discard: () => void runs.delete(path),
  };
}

const read = async (path: string): Promise<Record<string, SinkContents>> =>
  Object.fromEntries([...runs.get(path)!].map(([name, contents]) => [name, contents()]));

for (const { run } of sinkConformance({ open: openMemorySink, read, exists: (path) => runs.has(path) }))
  await run();

const exporter = new DataExporter("in-memory", { sink: openMemorySink });
exporter.startEpisode({ neurons: 2 });
exporter.log({ timestep: 0, spikeIds: [1], reward: 0.5 });
exporter.endEpisode({ success: true });
exporter.close();
const contents = await read(exporter.path);
console.log(`rewards: ${contents["episodes/episode_0000/rewards/values"]?.values?.join()}`);
