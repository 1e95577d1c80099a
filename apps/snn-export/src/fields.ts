import { checkOneOf, InvalidArgumentError, resolveOptions } from "@millrace/base";

/** Kinds that a field's values can be stored in. */
export const FIELD_KINDS = [
  "float32",
  "float64",
  "uint8",
  "int8",
  "uint16",
  "int16",
  "uint32",
  "int32",
] as const;

/** One of {@link FIELD_KINDS}. */
export type FieldKind = (typeof FIELD_KINDS)[number];

/** What a field is. */
export interface FieldOptions {
  /** How values are stored; "float32" rounds them, an integer kind takes integers in its range only. */
  readonly dtype?: FieldKind | undefined;
  /** Stored as the attribute `units`. */
  readonly unit?: string | undefined;
  /** Stored as the attribute `description`. */
  readonly description?: string | undefined;
  /** Whether NaN and infinity are values of this field; never of an integer kind. @default false */
  readonly allowNaN?: boolean | undefined;
}

/** Fields that are more closely described than by what is logged. */
export interface FieldsOptions {
  /** @default float32 in mV */
  readonly neuralState?: FieldOptions | undefined;
  /** @default float64 without a unit */
  readonly reward?: FieldOptions | undefined;
  /** By name. @default the kind of a typed array; float64 for plain numbers and arrays */
  readonly behavior?: Readonly<Record<string, FieldOptions>> | undefined;
}

/** A field whose kind is settled. */
export interface FilledField {
  readonly kind: FieldKind;
  readonly unit: string;
  readonly description: string;
  readonly allowNaN: boolean;
  /** Whether the user chose the kind: then values of other kinds are converted to it. */
  readonly isDeclared: boolean;
}

/** {@link FieldsOptions}, checked. */
export interface FilledFields {
  readonly neuralState: FilledField;
  readonly reward: FilledField;
  readonly behavior: ReadonlyMap<string, FieldOptions>;
}

/** Nothing is described. */
export const DEFAULT_FIELDS_OPTIONS: FieldsOptions = Object.freeze({});

const NO_FIELD: FieldOptions = {
  dtype: undefined,
  unit: undefined,
  description: undefined,
  allowNaN: undefined,
};

/** @throws InvalidArgumentError for unknown names and kinds */
export function resolveFields(fields: FieldsOptions): FilledFields {
  const none = { neuralState: undefined, reward: undefined, behavior: undefined };
  const { neuralState, reward, behavior = {} } = resolveOptions<FieldsOptions>("snn", none, fields);
  for (const [name, field] of Object.entries(behavior)) checkField(`fields.behavior.${name}`, field);
  return {
    neuralState: { ...fillField("neuralState", neuralState, "float32", "mV"), isDeclared: true },
    reward: { ...fillField("reward", reward, "float64", "1"), isDeclared: true },
    // A map: a behavior may be called "constructor".
    behavior: new Map(Object.entries(behavior)),
  };
}

/** Settles what a field is; `natural` is the kind of its first value. */
export function fillField(
  name: string,
  field: FieldOptions | undefined,
  natural: FieldKind,
  unit = "1",
): FilledField {
  if (field !== undefined) checkField(`fields.${name}`, field);
  return {
    kind: field?.dtype ?? natural,
    unit: field?.unit ?? unit,
    description: field?.description ?? name,
    allowNaN: field?.allowNaN ?? false,
    isDeclared: field?.dtype !== undefined,
  };
}

function checkField(name: string, field: FieldOptions): void {
  resolveOptions<FieldOptions>("snn", NO_FIELD, field);
  if (field.dtype === undefined) return;
  checkOneOf("snn", `${name}.dtype`, field.dtype, FIELD_KINDS);
  if (field.allowNaN === true && !field.dtype.startsWith("float")) {
    throw new InvalidArgumentError("SNN_OPTION_VALUE", `snn ${name}.allowNaN`, true, "a float dtype with it");
  }
}
