import { serveTasks, withTransfer } from "@millrace/stream/worker";
import { openRecording } from "../open-recording.ts";
import type { EventBatch } from "./event-batches.ts";
import type { DecodeTask } from "./parallel-load.ts";

// A thread of `loadEvents`: decodes a run of segments into columns of just that size, and hands them over.
serveTasks(async ({ path, options, first, end, rows }: DecodeTask): Promise<EventBatch> => {
  await using recording = await openRecording(path, options);
  const index = await recording.openIndex(false);
  const batch: EventBatch = {
    t: new BigInt64Array(rows),
    x: new Uint16Array(rows),
    y: new Uint16Array(rows),
    p: new Uint8Array(rows),
  };
  let at = 0;
  for await (const chunk of recording.eventsOfSegments(index, first, end)) {
    const { rowCount } = chunk;
    batch.t.set(chunk.columns.t.subarray(0, rowCount), at);
    batch.x.set(chunk.columns.x.subarray(0, rowCount), at);
    batch.y.set(chunk.columns.y.subarray(0, rowCount), at);
    batch.p.set(chunk.columns.p.subarray(0, rowCount), at);
    at += rowCount;
    chunk.release();
  }
  return withTransfer(batch, [batch.t.buffer, batch.x.buffer, batch.y.buffer, batch.p.buffer]);
});
