export { type CodecConformanceOptions, codecConformance } from "./conformance/codec-conformance.ts";
export { ConformanceError, type ConformanceTest } from "./conformance/conformance-test.ts";
export {
  type EntryConformanceOptions,
  transformerConformance,
  type ValidatorConformanceOptions,
  validatorConformance,
} from "./conformance/entry-conformance.ts";
export { type SinkContents, type SinkHarness, sinkConformance } from "./conformance/sink-conformance.ts";
