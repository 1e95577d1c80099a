export { describeBadInput, type ReadingVerb } from "./bad-input.ts";
export { FakeS3, type HttpFault } from "./fake-s3.ts";
export { FakeServer } from "./fake-server.ts";
export { FaultProxy, type FaultProxyOptions, PROXY_FAULTS, type ProxyFault } from "./fault-proxy.ts";
export { type CrashOptions, FaultyVfs } from "./faulty-vfs.ts";
export { FaultyContent, SECTOR_BYTES } from "./faulty-vfs-content.ts";
export { CHANGING_CALLS, type Fault, type FaultyCall } from "./faulty-vfs-plan.ts";
export { fieldsOf } from "./fields-of.ts";
export { goTool } from "./go-tool.ts";
export { describeIntCodec, type IntCodec } from "./int-codec-suite.ts";
export type { CachePolicy } from "./naive-page-cache.ts";
export { describePageCache, type PageCacheMaking, type PageCacheUnderTest } from "./page-cache-suite.ts";
export { pythonWithPackages } from "./python-packages.ts";
export { describeRecordings, recordingPath, recordingsDirectory } from "./recordings.ts";
export {
  type AppName,
  type CommandOutcome,
  commandPath,
  type RunCommandOptions,
  runCommand,
} from "./run-command.ts";
export { type AppMain, type InProcessOptions, runInProcess } from "./run-in-process.ts";
export {
  freePort,
  isInstalled,
  programOf,
  type RunningServer,
  startProgram,
  startServer,
} from "./run-server.ts";
export { smallDisk, type TempDirectory, tempDirectory } from "./temp-directory.ts";
