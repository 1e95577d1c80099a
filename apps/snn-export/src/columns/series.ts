import { InvalidArgumentError } from "@millrace/base";
import { kindOf, newTypedArray, type TypedArray, type TypedArrayOf } from "@millrace/buffers";
import type { Rows } from "../block-rows.ts";
import type { FieldKind, FilledField } from "../fields.ts";
import type { SinkGroup, SinkValue } from "../sinks/run-sink.ts";
import { type ColumnPlace, StagedColumn } from "./staged-column.ts";
import { TimeRuns } from "./time-runs.ts";

/** A number, or a vector of numbers. */
export type FieldValue = number | ArrayLike<number>;

/** Bounds of the integer kinds. */
const RANGES: Readonly<Record<string, readonly [lo: number, hi: number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65_535],
  int16: [-32_768, 32_767],
  uint32: [0, 4_294_967_295],
  int32: [-2_147_483_648, 2_147_483_647],
};

/**
 * Values with the time step of each: a group with the datasets `timestep_runs` and `values` (rows, or rows × width).
 *
 * Every series has its own time steps, so a field that comes late, irregularly or not at all never shifts another.
 */
export class Series {
  /** As the user calls it: "behavior.x". */
  readonly label: string;
  /** The key under which it is logged. */
  readonly key: string;
  readonly field: FilledField;
  /** Numbers a row; undefined where each is a plain number. */
  readonly width: number | undefined;
  readonly #group: SinkGroup;
  readonly #runs: TimeRuns;
  readonly #values: StagedColumn<FieldKind>;
  readonly #row: TypedArrayOf<FieldKind>;
  /** Whether values of any kind can be stored: the user said how, or nothing is lost. */
  readonly #takesAll: boolean;

  /**
   * @param key - name of the group inside `place`
   * @param observer - as of {@link StagedColumn}
   */
  constructor(
    place: ColumnPlace,
    key: string,
    label: string,
    field: FilledField,
    width: number | undefined,
    observer?: (values: ArrayLike<number>) => void,
  ) {
    this.key = key;
    this.label = label;
    this.field = field;
    this.width = width;
    this.#group = place.group.createGroup(key);
    const inside = { ...place, group: this.#group };
    this.#runs = new TimeRuns(inside);
    const { kind, unit, description } = field;
    this.#values = new StagedColumn(inside, "values", { kind, unit, description, width }, observer);
    this.#row = newTypedArray(kind, width ?? 1);
    this.#takesAll = field.isDeclared || kind === "float64";
  }

  setAttribute(name: string, value: SinkValue): void {
    this.#group.setAttribute(name, value);
  }

  /** Appends one row, which {@link check} has seen. */
  append(timestep: number, value: FieldValue): void {
    this.#runs.append(timestep);
    if (typeof value === "number") this.#values.pending.push(value);
    else this.#pushRow(value);
    this.#values.flushIfFull();
  }

  /** Appends many rows, which were checked. */
  appendAll({ steps, values }: Rows): void {
    const { list, count } = steps;
    if (list === undefined) this.#runs.appendRange(steps.first, 1, count);
    else for (let i = 0; i < count; i++) this.#runs.append(list[i]!);
    const given: ArrayLike<number> = values;
    if (isOfKind(given, this.field.kind)) pushAll(this.#values, given);
    else for (let i = 0; i < given.length; i++) this.#values.pending.push(given[i]!);
    this.#values.flushIfFull();
  }

  /**
   * @param deep - whether the values are looked at too, not only their number and kind
   * @throws InvalidArgumentError with the field, the step and the value
   */
  check(timestep: number, value: FieldValue, deep: boolean): void {
    if (typeof value === "number") {
      this.checkWidth(timestep, undefined);
      if (!this.#takesAll && Math.fround(value) !== value && value - value === 0)
        this.#refuseKind(timestep, value);
      checkSingle(this.label, timestep, value, this.field, deep);
      return;
    }
    this.checkWidth(timestep, value.length);
    this.checkKind(timestep, value);
    checkNumbers(this.label, timestep, value, this.field, deep);
  }

  /** @throws InvalidArgumentError unless rows of this width go here; undefined for plain numbers */
  checkWidth(timestep: number, width: number | undefined): void {
    if (width === this.width) return;
    const expected = `${shapeText(this.width)}, as at its first step`;
    throw new InvalidArgumentError(
      "SNN_FIELD_SHAPE",
      `${this.label} at step ${timestep}`,
      shapeText(width),
      expected,
    );
  }

  /** @throws InvalidArgumentError when storing `values` would change them, and nobody asked for that */
  checkKind(timestep: number, values: ArrayLike<number>): void {
    if (this.#takesAll || isOfKind(values, this.field.kind)) return;
    this.#refuseKind(
      timestep,
      ArrayBuffer.isView(values) ? kindOf(values as unknown as TypedArray) : "numbers",
    );
  }

  observe(): void {
    this.#values.observe();
  }

  flush(): void {
    this.#runs.flush();
    this.#values.flush();
  }

  finish(): void {
    this.#runs.finish();
    this.#values.finish();
  }

  #pushRow(value: ArrayLike<number>): void {
    if (isOfKind(value, this.field.kind)) {
      pushAll(this.#values, value);
      return;
    }
    // One scratch row makes any array-like of numbers a typed array of the right kind.
    this.#row.set(value);
    pushAll(this.#values, this.#row);
  }

  #refuseKind(timestep: number, found: unknown): never {
    throw new InvalidArgumentError(
      "SNN_FIELD_KIND",
      `${this.label} at step ${timestep}`,
      found,
      `${this.field.kind} values, as at its first step; or a dtype in the option fields`,
    );
  }
}

/** The kind in which a value is stored when nobody says: a typed array's own, else float64. */
export function naturalKind(value: FieldValue): FieldKind {
  if (typeof value === "number" || !ArrayBuffer.isView(value)) return "float64";
  const kind = kindOf(value as unknown as TypedArray);
  return kind === "int64" || kind === "uint64" ? "float64" : kind;
}

/**
 * Checks a row of a field.
 * @throws InvalidArgumentError with the field, the step, the index and the value
 */
export function checkNumbers(
  label: string,
  timestep: number,
  values: ArrayLike<number>,
  field: FilledField,
  deep: boolean,
): void {
  if (!deep || (isOfKind(values, field.kind) && (field.allowNaN || field.kind in RANGES))) return;
  const length = values.length;
  if (!(field.kind in RANGES)) {
    if (field.allowNaN) return;
    // The sum of the differences is 0 as long as all are finite: one test for the whole row.
    let difference = 0;
    for (let i = 0; i < length; i++) difference += values[i]! - values[i]!;
    if (difference === 0) return;
  }
  for (let i = 0; i < length; i++) {
    checkNumber(`${label} at step ${timestep}, index ${i}`, values[i]!, field, deep);
  }
}

/**
 * Checks a plain number of a field.
 * @throws InvalidArgumentError with the field, the step and the value
 */
export function checkSingle(
  label: string,
  timestep: number,
  value: number,
  field: FilledField,
  deep: boolean,
): void {
  if (typeof value !== "number") {
    throw new InvalidArgumentError("SNN_FIELD_SHAPE", `${label} at step ${timestep}`, value, "one number");
  }
  // NaN and infinity are the numbers that differ from themselves when subtracted.
  if (value - value === 0 && (field.kind === "float64" || field.kind === "float32")) return;
  checkNumber(`${label} at step ${timestep}`, value, field, deep);
}

/** @throws InvalidArgumentError for a number that the field cannot have */
function checkNumber(what: string, value: number, field: FilledField, deep: boolean): void {
  const range = RANGES[field.kind];
  if (range !== undefined) {
    if (!deep || (Number.isInteger(value) && value >= range[0] && value <= range[1])) return;
    const expected = `an integer from ${range[0]} to ${range[1]}, for ${field.kind}`;
    throw new InvalidArgumentError("SNN_VALUE_RANGE", what, value, expected);
  }
  if (!deep || field.allowNaN || Number.isFinite(value)) return;
  throw new InvalidArgumentError("SNN_VALUE_NOT_FINITE", what, value, "a finite number");
}

/** Whether these values are a typed array of `kind` already. */
function isOfKind(values: ArrayLike<number>, kind: FieldKind): values is TypedArrayOf<FieldKind> {
  // The two that simulations use; a general look at the kind costs more than copying a short row.
  if (kind === "float32") return values instanceof Float32Array;
  if (kind === "float64") return values instanceof Float64Array;
  return ArrayBuffer.isView(values) && kindOf(values as unknown as TypedArray) === kind;
}

function pushAll(column: StagedColumn<FieldKind>, values: TypedArrayOf<FieldKind>): void {
  // Both are of one kind, which the type of a union cannot say.
  (column.pending as { pushMany(source: TypedArray): void }).pushMany(values);
}

function shapeText(width: number | undefined): string {
  return width === undefined ? "one number" : `${width} numbers`;
}
