import { InvalidArgumentError } from "@millrace/base";
import type { LogBlock } from "../log-block.ts";
import type { LogEntry } from "../log-entry.ts";
import type { Transformer } from "./transformer.ts";
import type { Validator } from "./validator.ts";

/** Sends an entry through transformers and validators; undefined for a step that is left out. */
export function runOnEntry(
  transformers: readonly Transformer[],
  validators: readonly Validator[],
  given: LogEntry,
): LogEntry | undefined {
  let entry: LogEntry | undefined = given;
  for (const transformer of transformers) {
    entry = transformer.transformEntry(entry);
    if (entry === undefined) return undefined;
  }
  for (const validator of validators) {
    const problem = validator.checkEntry(entry);
    if (problem !== undefined) refuse(validator.name, `the entry of step ${entry.timestep}`, problem);
  }
  return entry;
}

/** Sends a block through transformers and validators; undefined for one that is left out. */
export function runOnBlock(
  transformers: readonly Transformer[],
  validators: readonly Validator[],
  given: LogBlock,
): LogBlock | undefined {
  let block: LogBlock | undefined = given;
  for (const transformer of transformers) {
    if (transformer.transformBlock === undefined) return refuseBlock(transformer.name, "transformBlock");
    block = transformer.transformBlock(block);
    if (block === undefined) return undefined;
  }
  for (const validator of validators) {
    if (validator.checkBlock === undefined) return refuseBlock(validator.name, "checkBlock");
    const problem = validator.checkBlock(block);
    if (problem !== undefined) refuse(validator.name, "the block", problem);
  }
  return block;
}

function refuse(validator: string, what: string, problem: string): never {
  throw new InvalidArgumentError(
    "SNN_ENTRY_REFUSED",
    what,
    problem,
    `what the validator "${validator}" allows`,
  );
}

function refuseBlock(name: string, method: string): never {
  const expected = `steps by log, or a method ${method}`;
  throw new InvalidArgumentError("SNN_PLUGIN_BLOCK", `logBlock with "${name}"`, "a block", expected);
}
