import { EVENT_SCHEMA, type EventChunk, syntheticScene } from "@millrace/event-loader";
import { allocateChunk } from "@millrace/stream";
import { SENSOR } from "./event-files.ts";

/** Events in memory, as chunks that stay. */
export async function sceneChunks(events: number): Promise<EventChunk[]> {
  const chunks: EventChunk[] = [];
  for await (const chunk of syntheticScene({ ...SENSOR, events, seed: 7 })) {
    const { rowCount } = chunk;
    const kept = allocateChunk(EVENT_SCHEMA, rowCount);
    copyChunk(chunk, kept);
    chunk.release();
    chunks.push(kept);
  }
  return chunks;
}

/** Copies all rows. */
export function copyChunk(from: EventChunk, to: EventChunk): void {
  const { rowCount } = from;
  const { t, x, y, p } = from.columns;
  const isAll = t.length === rowCount;
  to.columns.t.set(isAll ? t : t.subarray(0, rowCount));
  to.columns.x.set(isAll ? x : x.subarray(0, rowCount));
  to.columns.y.set(isAll ? y : y.subarray(0, rowCount));
  to.columns.p.set(isAll ? p : p.subarray(0, rowCount));
  to.rowCount = rowCount;
}
