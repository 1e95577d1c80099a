import { checkInteger, InvalidArgumentError } from "@millrace/base";
import { checkTimestep } from "./check-entry.ts";
import type { LogBlock } from "./log-block.ts";

/** The time steps of a block: consecutive ones, or a list. */
export interface BlockSteps {
  readonly count: number;
  readonly first: number;
  readonly last: number;
  /** Undefined where the steps are consecutive. */
  readonly list: ArrayLike<number> | undefined;
}

/**
 * The steps of a block, all checked.
 * @param lastTimestep - the last step that was logged before
 * @throws InvalidArgumentError when they do not ascend, or the block does not say which they are
 */
export function resolveBlockSteps(block: LogBlock, lastTimestep: number): BlockSteps {
  const { timesteps, firstTimestep, stepCount } = block;
  if (timesteps === undefined) {
    if (firstTimestep === undefined || stepCount === undefined) {
      const expected = "firstTimestep and stepCount, or timesteps";
      throw new InvalidArgumentError("SNN_BLOCK_STEPS", "logBlock", block, expected);
    }
    checkInteger("snn", "stepCount", stepCount, 0, 2 ** 31);
    if (stepCount > 0) checkTimestep(firstTimestep, lastTimestep);
    return { count: stepCount, first: firstTimestep, last: firstTimestep + stepCount - 1, list: undefined };
  }
  if (firstTimestep !== undefined || (stepCount !== undefined && stepCount !== timesteps.length)) {
    const expected = "timesteps alone, or firstTimestep and stepCount";
    throw new InvalidArgumentError("SNN_BLOCK_STEPS", "logBlock", block, expected);
  }
  let last = lastTimestep;
  for (let i = 0; i < timesteps.length; i++) {
    checkTimestep(timesteps[i]!, last);
    last = timesteps[i]!;
  }
  return { count: timesteps.length, first: timesteps[0] ?? 0, last, list: timesteps };
}

/** Time step of the block's row i. */
export function stepAt(steps: BlockSteps, i: number): number {
  return steps.list === undefined ? steps.first + i : steps.list[i]!;
}
