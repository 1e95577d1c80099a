import { newGrowable } from "@millrace/buffers";
import type { TreeGroup } from "../loader/run-tree.ts";
import { type ChildMap, columnOf } from "./virtual-tree.ts";

/**
 * The texts `types` and `data` (JSON) as JSON objects one after another.
 * @param rows - time steps that there are
 * @returns the children, and how many events they hold
 */
export function eventTexts(
  events: TreeGroup,
  rows: number,
): { readonly children: ChildMap; readonly count: number } {
  const types = textsIn(events, "types");
  const data = textsIn(events, "data");
  const count = Math.min(rows, types.length);
  const json = newGrowable("uint8");
  const ends = new BigInt64Array(count);
  const encoder = new TextEncoder();
  for (let i = 0; i < count; i++) {
    const value = data[i] === undefined || data[i] === "" ? undefined : parsed(data[i]!);
    json.pushMany(encoder.encode(JSON.stringify({ type: types[i], data: value })));
    ends[i] = BigInt(json.length);
  }
  const place = (name: string): [string, string] => [`${events.path}/${name}`, events.file];
  return {
    count,
    children: {
      json: columnOf(...place("json"), json.view(), {
        unit: "UTF-8",
        description: "the events as JSON, one after another",
      }),
      ends: columnOf(...place("ends"), ends, { unit: "bytes", description: "where in json each text ends" }),
    },
  };
}

function textsIn(group: TreeGroup, name: string): string[] {
  const node = group.get(name);
  return node?.kind === "text" ? node.read() : [];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The exporter stored str(data) for what is no JSON.
    return text;
  }
}
