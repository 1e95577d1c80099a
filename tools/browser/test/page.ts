import { checkBase } from "./checks/base.ts";
import { checkBuffers } from "./checks/buffers.ts";
import { checkCache } from "./checks/cache.ts";
import { checkCodecs } from "./checks/codecs.ts";
import { checkColumnar } from "./checks/columnar.ts";
import { checkHash, checkRefusals, compressText, isText } from "./checks/compress.ts";
import { checkEntries } from "./checks/entries.ts";
import { checkEvents, checkRecording } from "./checks/events.ts";
import { checkFiles, checkNoDisk } from "./checks/files.ts";
import { checkHdf5, checkHdf5Sync } from "./checks/hdf5.ts";
import { checkMetrics } from "./checks/metrics.ts";
import { checkReedSolomon } from "./checks/reed-solomon.ts";
import { checkStream } from "./checks/stream.ts";

const CHECKS = {
  checkBase,
  checkBuffers,
  checkCache,
  checkCodecs,
  checkColumnar,
  checkEntries,
  checkEvents,
  checkFiles,
  checkHash,
  checkHdf5,
  checkHdf5Sync,
  checkMetrics,
  checkNoDisk,
  checkRecording,
  checkReedSolomon,
  checkRefusals,
  checkStream,
  compressText,
  isText,
};

/** What the page does for the test: checks by name, with plain JSON in and out. */
export type Checks = typeof CHECKS;

Object.assign(globalThis, { checks: CHECKS });
