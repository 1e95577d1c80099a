/** `maxTimeMS`: a command that works for longer ends with an error. */

import type { Document } from "../document/value.ts";
import { fail } from "../mql/error.ts";
import { isNumeric, toNumber } from "../mql/number.ts";
import type { Executor } from "../storage/executor.ts";
import type { CommandTarget } from "./target.ts";

/** Time that may be spent; a cursor's does not go on between its batches. */
export class TimeBudget {
  readonly #limitMs: number;
  #spentMs = 0;
  #since: number | undefined = performance.now();

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  pause(): void {
    if (this.#since !== undefined) this.#spentMs += performance.now() - this.#since;
    this.#since = undefined;
  }

  resume(): void {
    this.#since ??= performance.now();
  }

  /** @throws LanguageError 50 when all of it is spent */
  check(): void {
    const nowMs = this.#since === undefined ? 0 : performance.now() - this.#since;
    if (this.#spentMs + nowMs > this.#limitMs)
      fail(
        50,
        "maxTimeMS",
        this.#limitMs,
        "a longer time; the operation exceeded its time limit and was ended",
      );
  }
}

/** Where a command runs, looking at the time that it has before each part of its work; as it is where it has no limit. */
export function withTimeLimit(target: CommandTarget, { maxTimeMS }: Document): CommandTarget {
  if (maxTimeMS === undefined || maxTimeMS === null) return target;
  const limitMs = isNumeric(maxTimeMS) ? toNumber(maxTimeMS) : fail(14, "maxTimeMS", maxTimeMS, "a number");
  if (!Number.isInteger(limitMs) || limitMs < 0 || limitMs > 2 ** 31 - 1)
    fail(2, "maxTimeMS", maxTimeMS, "whole milliseconds from 0, which is no limit, to 2147483647");
  if (limitMs === 0) return target;
  const time = new TimeBudget(limitMs);
  return { ...target, engine: limited(target.engine, time), time };
}

/** Reads come in batches, and long changes step by step: before each one there is a look at the time. */
function limited(engine: Executor, time: TimeBudget): Executor {
  const checked =
    <From, T>(work: (from: From) => T) =>
    (from: From): T => {
      time.check();
      return work(from);
    };
  return {
    cacheBytes: engine.cacheBytes,
    scratch: engine.scratch,
    read: (look) => engine.read(checked(look)),
    readSync: (look) => engine.readSync(checked(look)),
    write: (change) => engine.write(checked(change)),
    writeSync: (change) => engine.writeSync(checked(change)),
    writeLong: (change) =>
      engine.writeLong((pager, step) =>
        change(pager, () => {
          time.check();
          step();
        }),
      ),
  };
}
