import type { VerbContext } from "@millrace/cli";
import type { ReportBytes } from "../report-bytes.ts";

/** A bar on stderr for work that counts its bytes, with its speed. @param label - what is being done: "import" */
export function byteBar(context: VerbContext, label: string): ReportBytes {
  const bar = context.progress(label);
  const startMs = performance.now();
  return (bytes, totalBytes) => {
    const bytesPerSecond = bytes / Math.max(1e-3, (performance.now() - startMs) / 1000);
    const secondsLeft = bytes === 0 ? null : (totalBytes - bytes) / bytesPerSecond;
    bar.update({ bytes, totalBytes, bytesPerSecond, secondsLeft });
  };
}
