export { describeError, type ExitCode, exitCodeOf, UsageError } from "./exit.ts";
export { byteSize, duration, integerBetween, numberBetween } from "./options.ts";
export { type Cell, formatCount, formatFacts, formatRate, formatTable, type VerbResult } from "./output.ts";
export {
  endQuietlyOnClosedPipe,
  Program,
  type ProgramOptions,
  type ProgramStreams,
  type VerbAction,
  type VerbContext,
  type VerbSpec,
} from "./program.ts";
export { type BarReport, newProgressBar, type ProgressBar } from "./progress-bar.ts";
export { readVersion } from "./version.ts";
