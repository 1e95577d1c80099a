export { type ConvertOptions, type ConvertResult, convertRecording } from "./convert.ts";
export { type DiffReport, diffRecordings, type EventDifference, type EventValues } from "./diff.ts";
export { DEFAULT_DIGEST_OPTIONS, type DigestOptions, digestEvents, type EventDigest } from "./digest.ts";
export { Aedat4Encoder, type Aedat4EncoderOptions } from "./encoders/aedat4-encoder.ts";
export { DatEncoder } from "./encoders/dat-encoder.ts";
export { openDsecLayout } from "./encoders/dsec-layout.ts";
export { EncoderSink } from "./encoders/encoder-sink.ts";
export type { EventEncoder } from "./encoders/event-encoder.ts";
export { EventStreamEncoder } from "./encoders/event-stream-encoder.ts";
export {
  DEFAULT_EVT3_ENCODER_OPTIONS,
  Evt3Encoder,
  type Evt3EncoderOptions,
} from "./encoders/evt3-encoder.ts";
export { type Hdf5EventLayout, Hdf5EventSink } from "./encoders/hdf5-sink.ts";
export { openMetavisionLayout } from "./encoders/metavision-layout.ts";
export { NpyEncoder } from "./encoders/npy-encoder.ts";
export { NpzSink } from "./encoders/npz-sink.ts";
export { openEncoder, type SensorSize } from "./encoders/open-encoder.ts";
export {
  type EventSinkOptions,
  OUTPUT_ENDINGS,
  openEventSink,
} from "./encoders/open-event-sink.ts";
export { ENCODED_FORMATS, OUTPUT_FORMATS } from "./encoders/output-formats.ts";
export { TextEventEncoder, type TextStyle } from "./encoders/text-encoder.ts";
export {
  TimeHighEncoder,
  type TimeHighEncoderOptions,
  type TimeHighFormat,
} from "./encoders/time-high-encoder.ts";
export { EVENT_SCHEMA, type EventChunk, type EventSchema } from "./event-rows.ts";
export { type ArbiterLineOptions, arbiterLines } from "./filters/arbiter-lines.ts";
export { backgroundActivity, rateLimit, refractory } from "./filters/denoise.ts";
export { type EventFilter, type FilterSize, filterChunks } from "./filters/event-filter.ts";
export {
  everyNth,
  hotPixelMask,
  maskPixels,
  polarity,
  type Region,
  regions,
  timeWindow,
} from "./filters/selections.ts";
export { crop, flipX, flipY, rescale, rotate, transpose } from "./filters/transforms.ts";
export { FORMAT_NAMES, type FormatName } from "./formats.ts";
export { EventIndex } from "./index-file/event-index.ts";
export { DEFAULT_LIVE_OPTIONS, type LiveEvents, type LiveOptions, liveEvents } from "./live/live-events.ts";
export { type SendOptions, sendEvents } from "./live/send-events.ts";
export { estimateEvents, loadEvents } from "./load/load-events.ts";
export { DEFAULT_LOAD_OPTIONS, type LoadOptions, type PolarityCoding } from "./load/load-options.ts";
export { openRecording, type RecordingInput } from "./open-recording.ts";
export { DECODE_MODES, DEFAULT_RECORDING_OPTIONS, type Geometry, type RecordingOptions } from "./options.ts";
export { countEventsPerPixel, type PixelCounts } from "./pixel-counts.ts";
export type { Provenance } from "./provenance.ts";
export { DEFAULT_EVENT_QUERY, type EventQuery, type PixelMask } from "./query/event-query.ts";
export { DEFAULT_WINDOW_OPTIONS, type EventWindow, type WindowOptions, windows } from "./query/windows.ts";
export type { Recording, RecordingMeta } from "./recording.ts";
export { DEFAULT_REPAIR_OPTIONS, type RepairOptions, type RepairReport, repairRecording } from "./repair.ts";
export {
  type AveragedTimeSurfaceOptions,
  averagedTimeSurface,
} from "./representations/averaged-time-surface.ts";
export {
  binaryFrame,
  countFrame,
  polarityFrames,
  stackedHistogram,
} from "./representations/frames.ts";
export { type MixedDensityOptions, mixedDensityStack } from "./representations/mixed-density-stack.ts";
export { type PointSetOptions, pointSet } from "./representations/point-set.ts";
export type { BinnedWindow, Representation, RepresentationSize } from "./representations/representation.ts";
export { type TimeSurfaceOptions, timeSurface } from "./representations/time-surface.ts";
export { type ToreOptions, toreVolume } from "./representations/tore-volume.ts";
export { eventCube, voxelGrid } from "./representations/voxel-grid.ts";
export type { MadeEventsOptions } from "./simulator/made-events.ts";
export { SCENE_NAMES, type SceneName, type SceneOptions, sceneFrames } from "./simulator/scene-frames.ts";
export {
  DEFAULT_SIMULATOR_OPTIONS,
  type SimulatorFrame,
  type SimulatorOptions,
  simulateEvents,
} from "./simulator/simulate-events.ts";
export {
  DEFAULT_SYNTHETIC_SCENE_OPTIONS,
  type SyntheticSceneOptions,
  syntheticScene,
} from "./simulator/synthetic-scene.ts";
export { SortWindow } from "./sort-window.ts";
export { describeEvents, type EventStatistics } from "./statistics/event-statistics.ts";
export { type EventSummary, summarizeEvents } from "./summary.ts";
export { parseTextColumns, type TextColumn, TIME_UNITS, type TimeUnit } from "./text-layout.ts";
export type { TriggerColumns, TriggerSchema } from "./trigger-log.ts";
export { type ValidationFinding, type ValidationReport, validateRecording } from "./validate.ts";
export { VIOLATION_MEANINGS, type ViolationCounts, type ViolationKind } from "./violations.ts";
