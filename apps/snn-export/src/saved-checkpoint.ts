import { InvalidArgumentError } from "@millrace/base";
import type { TypedArray } from "@millrace/buffers";
import type { ColumnPlace } from "./columns/staged-column.ts";
import { writeColumn } from "./columns/write-column.ts";
import { checkJson, checkName } from "./names.ts";

/** What a checkpoint keeps: arrays as datasets, anything else as JSON. */
export type CheckpointData = Readonly<Record<string, unknown>>;

/**
 * Writes one group of `/checkpoints`.
 * @throws InvalidArgumentError for names and values that cannot be; nothing is written then
 */
export function writeCheckpoint(
  place: ColumnPlace,
  name: string,
  data: CheckpointData,
  attributes: Readonly<Record<string, bigint | number>>,
): void {
  checkName("checkpoint", name);
  const arrays: [string, TypedArray][] = [];
  const rest: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(data)) {
    if (!ArrayBuffer.isView(value)) {
      rest[key] = value;
      continue;
    }
    checkName("checkpoint array", key);
    if (value instanceof DataView || key === "json") {
      const expected = value instanceof DataView ? "a typed array or JSON" : 'another name than "json"';
      throw new InvalidArgumentError("SNN_CHECKPOINT_VALUE", `saveCheckpoint ${key}`, value, expected);
    }
    arrays.push([key, value as TypedArray]);
  }
  const json = checkJson(`checkpoint ${name}`, rest);
  const group = place.group.createGroup(name);
  for (const [key, value] of Object.entries(attributes)) group.setAttribute(key, value);
  for (const [key, values] of arrays) writeColumn({ ...place, group }, key, values, "1", key);
  if (Object.keys(rest).length > 0) group.writeText("json", json);
  group.close();
}
