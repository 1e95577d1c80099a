import { existsSync, rmSync } from "node:fs";
import { diskVfs } from "@millrace/files";
import { type Hdf5ReadDataset, Hdf5Reader, type Hdf5ReadGroup } from "@millrace/hdf5";
import { type TempDirectory, tempDirectory } from "@millrace/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requireEqual } from "../src/conformance/conformance-test.ts";
import {
  codecConformance,
  type SinkContents,
  sinkConformance,
  transformerConformance,
  validatorConformance,
} from "../src/conformance.ts";
import {
  type ColumnCodec,
  DataExporter,
  ExperimentLoader,
  type ExporterOptions,
  type Transformer,
  type Validator,
} from "../src/index.ts";
import { resolveExporterOptions } from "../src/options.ts";
import { H5wasmSink } from "../src/sinks/h5wasm-sink.ts";
import { Hdf5Sink } from "../src/sinks/hdf5-sink.ts";
import { validate } from "../src/validate.ts";

let directory: TempDirectory;
beforeAll(() => {
  directory = tempDirectory();
});
afterAll(() => directory[Symbol.dispose]());

const open = (options: ExporterOptions): DataExporter => {
  const exporter = new DataExporter("run", { outputDirectory: directory.path, git: false, ...options });
  exporter.startEpisode({ neurons: 2 });
  return exporter;
};

/** Bytes as they are: the simplest codec there is. */
const plain: ColumnCodec = {
  name: "plain/1",
  encode: (values) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  decode: (bytes, values) => {
    if (bytes.length !== values.byteLength) throw new Error(`${bytes.length} bytes`);
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength).set(bytes);
  },
};

describe("a codec that keeps its promises", () => {
  const kinds = ["float32", "float64", "int8", "uint8", "int16", "uint16", "int32", "uint32"] as const;
  for (const { name, run } of codecConformance(plain, { kinds })) it(name, run);

  it("is not taken for one that loses something, or changes what it is given", async () => {
    const wrong = (encode: ColumnCodec["encode"]) =>
      codecConformance({ ...plain, encode }, { kinds: ["float64"] });
    const [loses] = wrong((values, width) =>
      plain.encode(values.map((value) => Math.round(value)) as typeof values, width),
    );
    await expect(loses!.run()).rejects.toThrow("to within 0");
    const [, changes] = wrong((values, width) => plain.encode(values.fill(0), width));
    await expect(changes!.run()).rejects.toThrow("the values");
  });

  it("is asked for by name when it is missing, and a damaged block is reported", async () => {
    const exporter = open({ codecs: { rewards: plain, neural_states: plain }, neuralSamplingRate: 1 });
    exporter.log({ timestep: 0, reward: 0.5, neuralState: [1, 2] });
    exporter.close();
    {
      await using loader = await ExperimentLoader.open(exporter.path);
      expect(() => loader.episode(0).getRewards()).toThrow('expected a codec named "plain/1"');
      expect((await validate(exporter.path)).findings).toEqual([]);
    }
    const failing = { ...plain, decode: () => expect.fail("no such bytes") };
    await using loader = await ExperimentLoader.open(exporter.path, { codecs: [failing] });
    expect(() => loader.episode(0).getRewards()).toThrow(/refuses block 0: no such bytes.*damaged/s);
    expect(() => open({ codecs: { spikes: plain } })).toThrow(
      '"neural_states", "rewards" or "behavior/NAME"',
    );
  });
});

const inVolts: Transformer = {
  name: "volts",
  transformEntry: ({ neuralState, ...rest }) =>
    rest.timestep === 3
      ? undefined
      : {
          ...rest,
          ...(neuralState === undefined ? {} : { neuralState: Array.from(neuralState, (v) => v / 1000) }),
        },
};
const calm: Validator = {
  name: "calm",
  checkEntry: ({ reward = 0 }) => (Math.abs(reward) <= 1 ? undefined : `reward is ${reward}`),
  checkBlock: ({ rewards }) =>
    ArrayBuffer.isView(rewards) && rewards.some((reward) => Math.abs(reward) > 1) ? "a reward" : undefined,
};
const entries = [0, 1, 2, 3].map((timestep) => ({
  timestep,
  reward: timestep / 4,
  neuralState: [timestep, 1],
}));

describe("a transformer that keeps its promises", () => {
  for (const { name, run } of transformerConformance(inVolts, { neurons: 2, entries })) it(name, run);

  it("leaves steps out, and blocks that it cannot change are refused", async () => {
    const exporter = open({ transformers: [inVolts], neuralSamplingRate: 1 });
    for (const entry of entries) exporter.log(entry);
    expect(() => exporter.logBlock({ firstTimestep: 9, stepCount: 1 })).toThrow("a method transformBlock");
    exporter.close();
    await using loader = await ExperimentLoader.open(exporter.path);
    expect(loader.episodes()).toMatchObject([{ steps: 3 }]);
    expect(loader.episode(0).getNeuralStates()?.values).toEqual(
      Float32Array.of(0, 0.001, 0.001, 0.001, 0.002, 0.001),
    );
  });

  it("is found out when it changes what it is given", async () => {
    const careless: Transformer = {
      name: "careless",
      transformEntry: (entry) => {
        (entry.neuralState as number[])[0] = 9;
        return entry;
      },
    };
    const [leaves] = transformerConformance(careless, { neurons: 2, entries: structuredClone(entries) });
    await expect(leaves!.run()).rejects.toThrow("the entry of step 0.neuralState.0 is 9, expected 0");
  });
});

describe("a validator that keeps its promises", () => {
  const block = {
    firstTimestep: 0,
    stepCount: 4,
    rewards: Float64Array.of(0, 0.25, 0.5, 0.75),
  };
  const refused = [{ timestep: 0, reward: -2 }];
  const refusedBlocks = [{ firstTimestep: 0, stepCount: 1, rewards: Float64Array.of(2) }];
  const options = { neurons: 2, entries, block, refused, refusedBlocks };
  for (const { name, run } of validatorConformance(calm, options)) it(name, run);

  it("says what it refused, by its name", () => {
    using exporter = open({ validators: [calm] });
    expect(() => exporter.log({ timestep: 0, reward: 3 })).toThrow(
      'got "reward is 3", expected what the validator "calm" allows',
    );
  });

  it("is found out when it lets something through", async () => {
    const blind = { name: "blind", checkEntry: () => undefined };
    const tests = validatorConformance(blind, { neurons: 2, entries, refused });
    await expect(tests[1]!.run()).rejects.toThrow("takes what must be refused");
  });
});

/** Everything in an HDF5 file, as the sink suite wants it. */
async function readTree(path: string): Promise<Record<string, SinkContents>> {
  await using reader = await Hdf5Reader.open(diskVfs, path);
  const contents: Record<string, SinkContents> = {};
  const attributesOf = (object: Hdf5ReadGroup | Hdf5ReadDataset) =>
    Object.fromEntries(object.attributes.names.map((name) => [name, object.attributes.get(name) as string]));
  const visit = (group: Hdf5ReadGroup, at: string): void => {
    contents[at] = { attributes: attributesOf(group) };
    for (const name of group.names) {
      const child = group.get(name);
      const inner = at === "" ? name : `${at}/${name}`;
      if (child?.kind === "group") visit(child, inner);
      else if (child?.kind === "dataset") {
        const value = child.shape.length === 0 ? child.valueSync() : child.readRowsSync();
        contents[inner] =
          typeof value === "string"
            ? { attributes: attributesOf(child), text: value }
            : { attributes: attributesOf(child), values: value as Float64Array };
      }
    }
  };
  visit(reader.root, "");
  return contents;
}

describe.each(["hdf5", "h5wasm"] as const)("the sink of the backend %s keeps its promises", (backend) => {
  let files = 0;
  const harness = {
    open: () => {
      const path = `${directory.path}/${backend}-${files++}.h5`;
      const options = resolveExporterOptions();
      return backend === "hdf5" ? new Hdf5Sink(path, options) : new H5wasmSink(path, options);
    },
    read: readTree,
    exists: existsSync,
  };
  for (const { name, run } of sinkConformance(harness)) it(name, run);

  it("is found out when it forgets", async () => {
    const forgetful = { ...harness, read: async () => ({}) };
    for (const { name, run } of sinkConformance(forgetful).slice(0, 3)) {
      await expect(run(), name).rejects.toThrow("is undefined");
    }
    const stays = { ...harness, exists: () => true };
    await expect(sinkConformance(stays)[4]!.run()).rejects.toThrow("discarded");
  });
});

it("a sink of one's own stands in for the backend", () => {
  const path = `${directory.path}/own.h5`;
  const sink = () => new Hdf5Sink(path, resolveExporterOptions());
  const exporter = open({ sink });
  exporter.close();
  expect(exporter.path).toBe(path);
  rmSync(path);
  expect(() => open({ sink, backend: "hdf5" })).toThrow("none beside sink");
});

it("the suites compare by elements, kinds and signs", () => {
  requireEqual({ a: [1, Float32Array.of(2)] }, { a: [1, Float32Array.of(2)] }, "it");
  expect(() => requireEqual([0], [-0], "it")).toThrow("it.0 is 0, expected -0");
  expect(() => requireEqual([1], [1, 2], "it")).toThrow("1 members, expected 2");
  expect(() => requireEqual(Float32Array.of(1), Float64Array.of(1), "it")).toThrow("a Float32Array");
});
