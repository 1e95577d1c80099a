import { checkRange } from "@millrace/buffers";

/**
 * Checks that `count` elements fit into an output from `dstStart` on.
 * @throws InvalidArgumentError `CODECS_RANGE_INVALID`
 */
export function checkOutput(what: string, dstStart: number, count: number, dstLength: number): void {
  checkRange("codecs", `${what}, output for ${count} elements`, dstStart, dstStart + count, dstLength);
}
