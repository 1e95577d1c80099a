import type { Contender } from "./case.ts";

/** What a contender made, kept where no engine can leave the work out. */
const kept: { latest: unknown } = { latest: undefined };

/** A contender with one work that is checked once before it is timed; what the work returns is kept. */
export function checkedContender(
  name: string,
  prepare: () => { work: () => unknown; verify: () => void },
): Contender {
  return {
    name,
    prepare: async () => {
      const { work, verify } = prepare();
      kept.latest = work();
      verify();
      return () => {
        kept.latest = work();
      };
    },
  };
}

/** @throws Error that names the first element that differs */
export function checkEqual(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  if (found.length !== expected.length) throw new Error(`${found.length} elements, not ${expected.length}`);
  for (let i = 0; i < expected.length; i++) {
    if (found[i] !== expected[i]) throw new Error(`element ${i} is ${found[i]}, not ${expected[i]}`);
  }
}
