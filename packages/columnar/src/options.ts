import { checkInteger, resolveOptions } from "@millrace/base";
import { defaultVfs } from "@millrace/files";
import type { SinkOptions } from "./column-sink.ts";

/** What {@link SinkOptions} are when they are not given. */
export const DEFAULT_SINK_OPTIONS: Required<SinkOptions> = Object.freeze({
  vfs: defaultVfs,
  metadata: Object.freeze({}),
  rowGroupRows: 1_048_576,
});

/** Fills options up and checks them. @throws InvalidArgumentError */
export function resolveSinkOptions(options: SinkOptions | undefined): Required<SinkOptions> {
  const filled = resolveOptions<Required<SinkOptions>>("columnar", DEFAULT_SINK_OPTIONS, options);
  checkInteger("columnar", "rowGroupRows", filled.rowGroupRows, 1, 2 ** 24);
  return filled;
}
