import { openRecording } from "@millrace/event-loader";

let best = 0;
for (let k = 0; k < 40; k++) {
  await using r = await openRecording("/work/shared/data/events/dvxplorer.aedat4");
  const t = performance.now();
  let n = 0;
  for await (const c of r.events()) {
    n += c.rowCount;
    c.release();
  }
  best = Math.max(best, n / (performance.now() - t) / 1e3);
}
console.log(best.toFixed(1), "M/s");
