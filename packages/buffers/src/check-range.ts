import { InvalidArgumentError } from "@millrace/base";

/**
 * Checks that [start, end) is a range of whole numbers inside an array of `length`; once, before a loop.
 *
 * @param scope - names the owner in the code: "buffers" gives `BUFFERS_RANGE_INVALID`
 * @param what - names the range in the message: "GrowableUint8.view"
 * @throws InvalidArgumentError when 0 <= start <= end <= length does not hold
 */
export function checkRange(scope: string, what: string, start: number, end: number, length: number): void {
  if (Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= length) return;
  throw new InvalidArgumentError(
    `${scope.toUpperCase()}_RANGE_INVALID`,
    what,
    `[${start}, ${end})`,
    `a range inside [0, ${length})`,
  );
}
