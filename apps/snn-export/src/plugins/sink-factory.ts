import type { RunSink } from "../sinks/run-sink.ts";

/** What a run's own sink is made for. */
export interface SinkRequest {
  readonly experimentName: string;
  readonly start: Date;
  /** The option `outputDirectory`, which need not exist. */
  readonly outputDirectory: string;
}

/**
 * Makes what a recorder writes to, in place of a backend of ours.
 *
 * It must take a new name for each call, and keep the promises of {@link RunSink}; `@millrace/snn-export/conformance`
 * checks them.
 */
export type SinkFactory = (request: SinkRequest) => RunSink;
