import { serveTasks, withTransfer } from "@millrace/stream/worker";
import { openRecording } from "../open-recording.ts";
import { type EventBatch, EventBatches } from "./event-batches.ts";
import type { DecodeTask } from "./parallel-load.ts";
import { signPolarities } from "./sign-polarities.ts";

// A thread of `loadEvents`: decodes a run of segments and hands over the memory of its chunks, of which nothing is copied.
serveTasks(async ({ path, options, start, stop, isSigned }: DecodeTask): Promise<EventBatch[]> => {
  // Closed behind each share: between loads, while the thread waits, no file is open.
  await using recording = await openRecording(path, options);
  const batches = new EventBatches(recording.name, Number.POSITIVE_INFINITY);
  for await (const chunk of recording.eventsFrom(start, stop)) batches.add(chunk);
  const rows = batches.take();
  if (isSigned) for (const { p } of rows) signPolarities(p);
  return withTransfer(
    rows,
    rows.flatMap(({ t, x, y, p }) => [t.buffer, x.buffer, y.buffer, p.buffer]),
  );
});
