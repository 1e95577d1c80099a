export { describeError, type ExitCode, exitCodeOf, UsageError } from "./exit.ts";
export { byteSize, duration, integerBetween, numberBetween, pathEndingIn } from "./options.ts";
export {
  type Cell,
  formatAmount,
  formatCount,
  formatFacts,
  formatRate,
  formatTable,
  type VerbResult,
} from "./output.ts";
export { checkOutputPath } from "./output-path.ts";
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
