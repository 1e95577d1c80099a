import { isMillraceError } from "@millrace/base";
import type { DataExporter } from "../exporter.ts";
import type { LogBlock } from "../log-block.ts";
import type { LogEntry } from "../log-entry.ts";
import type { Transformer } from "../plugins/transformer.ts";
import type { Validator } from "../plugins/validator.ts";
import { type ConformanceTest, requireEqual, requireThat } from "./conformance-test.ts";
import { recordInMemory } from "./record-in-memory.ts";

/** Entries of one run in order, for a plugin to work on. */
export interface EntryConformanceOptions {
  readonly neurons: number;
  readonly entries: readonly LogEntry[];
  /** The same entries as a block, for a plugin that takes blocks. */
  readonly block?: LogBlock;
}

/** The promises of a {@link Transformer}, as tests. */
export function transformerConformance(
  transformer: Transformer,
  { neurons, entries, block }: EntryConformanceOptions,
): ConformanceTest[] {
  const record = (log: (exporter: DataExporter) => void) =>
    recordInMemory(neurons, { transformers: [transformer] }, log);
  return [
    {
      name: "leaves what it is given as it was",
      run: async () => {
        for (const entry of entries) {
          const before = structuredClone(entry);
          transformer.transformEntry(entry);
          requireEqual(entry, before, `the entry of step ${entry.timestep}`);
        }
        if (block === undefined) return;
        const before = structuredClone(block);
        transformer.transformBlock?.(block);
        requireEqual(block, before, "the block");
      },
    },
    {
      name: "makes entries that can be recorded",
      run: async () => {
        await record((exporter) => {
          for (const entry of entries) exporter.log(entry);
        });
      },
    },
    ...blockTests(transformer.transformBlock !== undefined, block, {
      name: "makes of a block what it makes of its entries",
      run: async () => {
        const found = await record((exporter) => void exporter.logBlock(block!));
        const expected = await record((exporter) => {
          for (const entry of entries) exporter.log(entry);
        });
        requireEqual(found, expected, "the episode of the block");
      },
    }),
  ];
}

/** Runs that a validator must take, and entries that it must refuse. */
export interface ValidatorConformanceOptions extends EntryConformanceOptions {
  /** Entries that are wrong, each by itself. */
  readonly refused: readonly LogEntry[];
  /** The same as blocks, for a validator that takes blocks. */
  readonly refusedBlocks?: readonly LogBlock[];
}

/** The promises of a {@link Validator}, as tests. */
export function validatorConformance(
  validator: Validator,
  { neurons, entries, block, refused, refusedBlocks = [] }: ValidatorConformanceOptions,
): ConformanceTest[] {
  const record = (log: (exporter: DataExporter) => void) =>
    recordInMemory(neurons, { validators: [validator] }, log);
  return [
    {
      name: "takes what is right, and leaves it as it was",
      run: async () => {
        const before = structuredClone(entries);
        await record((exporter) => {
          for (const entry of entries) exporter.log(entry);
        });
        requireEqual(entries, before, "the entries");
      },
    },
    {
      name: "refuses what is wrong, and nothing of it is stored",
      run: async () => {
        for (const entry of refused) {
          const contents = await record((exporter) => requireRefusal(() => exporter.log(entry)));
          requireEqual(contents, await record(() => {}), "the episode");
        }
        for (const wrong of refusedBlocks) {
          const contents = await record((exporter) => requireRefusal(() => exporter.logBlock(wrong)));
          requireEqual(contents, await record(() => {}), "the episode");
        }
      },
    },
    ...blockTests(validator.checkBlock !== undefined, block, {
      name: "takes what is right as a block",
      run: async () => {
        await record((exporter) => void exporter.logBlock(block!));
      },
    }),
  ];
}

function blockTests(
  takesBlocks: boolean,
  block: LogBlock | undefined,
  test: ConformanceTest,
): ConformanceTest[] {
  if (block !== undefined) return [test];
  const refuse = async () => requireThat(!takesBlocks, "it takes blocks: give the suite one");
  return [{ name: "takes no blocks", run: refuse }];
}

function requireRefusal(log: () => unknown): void {
  try {
    log();
  } catch (error) {
    if (isMillraceError(error, "SNN_ENTRY_REFUSED")) return;
    throw error;
  }
  requireThat(false, "it takes what must be refused");
}
