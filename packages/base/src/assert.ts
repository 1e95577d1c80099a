import { MillraceError } from "./errors.ts";

/** Our own invariant did not hold: a bug of this project, never of the caller's input. */
export class AssertionError extends MillraceError {
  constructor(why: string) {
    super("BASE_ASSERT_FAILED", `broken invariant: ${why}; this is a bug, please report it`);
  }
}

/**
 * States what must hold here. Stays on in production; costs one branch when it holds.
 * @throws AssertionError when it does not
 */
export function assert(condition: boolean, why: string): asserts condition {
  if (!condition) throw new AssertionError(why);
}
