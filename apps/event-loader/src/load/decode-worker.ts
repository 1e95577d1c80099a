import { serveTasks, withTransfer } from "@millrace/stream/worker";
import type { EventIndex } from "../index-file/event-index.ts";
import { openRecording } from "../open-recording.ts";
import type { Recording } from "../recording.ts";
import type { EventBatch } from "./event-batches.ts";
import type { DecodeTask } from "./parallel-load.ts";

/** Opened by the first task: all tasks of a thread are of one recording. The thread's end closes its files. */
let opened: Promise<{ readonly recording: Recording; readonly index: EventIndex }> | undefined;

async function open({ path, options }: DecodeTask): Promise<{ recording: Recording; index: EventIndex }> {
  const recording = await openRecording(path, options);
  return { recording, index: await recording.openIndex(false) };
}

// A thread of `loadEvents`: decodes a run of segments into columns of just that size, and hands them over.
serveTasks(async (task: DecodeTask): Promise<EventBatch> => {
  opened ??= open(task);
  const { recording, index } = await opened;
  const { first, end, rows } = task;
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
