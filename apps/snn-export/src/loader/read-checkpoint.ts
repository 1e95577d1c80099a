import type { TypedArray } from "@millrace/buffers";
import { attributeOf, groupIn, parseJson, type TreeGroup, textIn } from "./run-tree.ts";

/** What `saveCheckpoint` stored. */
export interface LoadedCheckpoint {
  /** Seconds since 1970. */
  readonly time: number;
  /** The episode and the time step at which it was made; undefined between two episodes. */
  readonly episode: number | undefined;
  readonly timestep: number | undefined;
  readonly arrays: Readonly<Record<string, TypedArray>>;
  /** What was no typed array. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reads one group of `/checkpoints`, or undefined. @throws CorruptDataError */
export function readCheckpoint(root: TreeGroup, name: string): LoadedCheckpoint | undefined {
  const group = groupIn(groupIn(root, "checkpoints"), name);
  if (group === undefined) return undefined;
  const arrays: Record<string, TypedArray> = Object.create(null);
  for (const key of group.names) {
    const node = group.get(key);
    if (node?.kind === "column") arrays[key] = node.read(0, node.rows);
  }
  const json = textIn(group, "json");
  const number = (attribute: string): number | undefined => {
    const value = attributeOf(group, attribute);
    return value === undefined ? undefined : Number(value);
  };
  return {
    time: number("time") ?? 0,
    episode: number("episode"),
    timestep: number("timestep"),
    arrays,
    data: (json === undefined ? {} : parseJson(group, json)) as Record<string, unknown>,
  };
}
