import { InvalidArgumentError } from "@millrace/base";
import { type FieldOptions, fillField } from "../fields.ts";
import { checkNumbers, type FieldValue, naturalKind, Series } from "./series.ts";
import type { ColumnPlace } from "./staged-column.ts";

/**
 * One series for each name under which behavior is logged.
 *
 * Simulations log the same names in the same order at every step: the series of each position is remembered, and a
 * name is looked up only where it is another one than last time.
 */
export class BehaviorColumns {
  readonly #place: ColumnPlace;
  readonly #fields: ReadonlyMap<string, FieldOptions>;
  readonly #onNew: (series: Series) => void;
  readonly #observerOf: (name: string) => ((values: ArrayLike<number>) => void) | undefined;
  readonly #byName = new Map<string, Series>();
  readonly #inOrder: (Series | undefined)[] = [];

  /**
   * @param onNew - told of each series when it is made
   * @param observerOf - who is shown the values of that name
   */
  constructor(
    outer: ColumnPlace,
    fields: ReadonlyMap<string, FieldOptions>,
    onNew: (series: Series) => void,
    observerOf: (name: string) => ((values: ArrayLike<number>) => void) | undefined,
  ) {
    this.#observerOf = observerOf;
    this.#place = { ...outer, group: outer.group.createGroup("behavior") };
    this.#fields = fields;
    this.#onNew = onNew;
  }

  /** @throws InvalidArgumentError with the name, the step and the value */
  check(timestep: number, behavior: Readonly<Record<string, FieldValue>>, deep: boolean): void {
    let i = 0;
    for (const name in behavior) {
      const value = behavior[name];
      if (value === undefined) continue;
      const series = this.#seriesAt(i++, name);
      if (series !== undefined) series.check(timestep, value, deep);
      else checkFirst(timestep, name, value, this.#fields.get(name), deep);
    }
  }

  /** Appends what {@link check} has seen. */
  append(timestep: number, behavior: Readonly<Record<string, FieldValue>>): void {
    let i = 0;
    for (const name in behavior) {
      const value = behavior[name];
      if (value === undefined) continue;
      const width = typeof value === "number" ? undefined : value.length;
      const series = this.#seriesAt(i++, name) ?? this.series(name, value, width);
      series.append(timestep, value);
    }
  }

  /** The series of a name, made for values of the kind of `sample` where there is none. */
  series(name: string, sample: FieldValue, width: number | undefined): Series {
    let series = this.#byName.get(name);
    if (series === undefined) {
      const field = fillField(`behavior.${name}`, this.#fields.get(name), naturalKind(sample));
      series = new Series(this.#place, name, `behavior.${name}`, field, width, this.#observerOf(name));
      this.#byName.set(name, series);
      this.#onNew(series);
    }
    return series;
  }

  /** The series of that name, if there is one. */
  find(name: string): Series | undefined {
    return this.#byName.get(name);
  }

  observe(): void {
    for (const series of this.#byName.values()) series.observe();
  }

  flush(): void {
    for (const series of this.#byName.values()) series.flush();
  }

  finish(): void {
    for (const series of this.#byName.values()) series.finish();
  }

  #seriesAt(position: number, name: string): Series | undefined {
    const expected = this.#inOrder[position];
    if (expected !== undefined && expected.key === name) return expected;
    const found = this.#byName.get(name);
    if (found !== undefined) this.#inOrder[position] = found;
    return found;
  }
}

/** Checks the first value of a name, before there is a series for it. */
export function checkFirst(
  timestep: number,
  name: string,
  value: FieldValue,
  options: FieldOptions | undefined,
  deep: boolean,
): void {
  const label = `behavior.${name}`;
  if (name === "" || name === "." || name === ".." || name.includes("/") || name.includes("\0")) {
    const expected = 'a name without "/"';
    throw new InvalidArgumentError("SNN_BEHAVIOR_NAME", `behavior name at step ${timestep}`, name, expected);
  }
  const isVector = typeof value === "object" && value !== null && value.length > 0;
  if (typeof value !== "number" && !isVector) {
    const expected = "a number, or one or more numbers";
    throw new InvalidArgumentError("SNN_FIELD_SHAPE", `${label} at step ${timestep}`, value, expected);
  }
  const field = fillField(label, options, naturalKind(value));
  checkNumbers(label, timestep, typeof value === "number" ? [value] : value, field, deep);
}
