import { bytesPerElement, type ElementKind, type TypedArrayOf } from "@millrace/buffers";
import { attributeOf, type TreeColumn, type TreeGroup } from "../loader/run-tree.ts";
import type { SinkGroup } from "../sinks/run-sink.ts";

/** Columns of no more are stored in one piece, as the recorder does. */
const MOST_FIXED_BYTES = 2048;
const CHUNK_BYTES = 262_144;

/** What a copy is told about. */
export interface CopyEvents {
  /** After some rows of a column; what it returns is awaited, and it may throw to stop. */
  readonly onBytes?: (bytes: number) => Promise<void> | void;
  /** After each group, with its path. */
  readonly onGroup?: (path: string) => void;
}

/** Copies all of a group, a chunk at a time; the sink's group is not closed. */
export async function copyTree(group: TreeGroup, into: SinkGroup, events: CopyEvents = {}): Promise<void> {
  const { attributes } = group;
  for (const name of attributes.names) into.setAttribute(name, attributes.get(name)!);
  for (const name of group.names) {
    const node = group.get(name);
    if (node?.kind === "column") await copyColumn(name, node, into, events);
    else if (node?.kind === "text") {
      const texts = node.read();
      into.writeText(name, node.isList ? JSON.stringify(texts) : (texts[0] ?? ""));
    } else if (node !== undefined) {
      const child = into.createGroup(name);
      await copyTree(node, child, events);
      child.close();
      events.onGroup?.(node.path);
    }
  }
}

async function copyColumn(
  name: string,
  column: TreeColumn,
  into: SinkGroup,
  { onBytes }: CopyEvents,
): Promise<void> {
  const { elements: kind, width, rows } = column;
  const rowBytes = bytesPerElement(kind) * (width ?? 1);
  const chunkRows = Math.max(1, Math.min(rows, Math.floor(CHUNK_BYTES / rowBytes)));
  const unit = String(attributeOf(column, "units") ?? "1");
  const description = String(attributeOf(column, "description") ?? name);
  const spec = { kind, width, chunkRows, unit, description };
  const read = (start: number, stop: number): TypedArrayOf<ElementKind> => column.read(start, stop);
  if (rows > 0 && rows * rowBytes <= MOST_FIXED_BYTES) {
    into.writeRows(name, spec, read(0, rows));
    await onBytes?.(rows * rowBytes);
    return;
  }
  const copy = into.createColumn(name, spec);
  for (let start = 0; start < rows; start += chunkRows) {
    const stop = Math.min(start + chunkRows, rows);
    copy.append(read(start, stop));
    await onBytes?.((stop - start) * rowBytes);
  }
}
