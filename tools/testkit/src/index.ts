export { type CrashOptions, FaultyVfs } from "./faulty-vfs.ts";
export { FaultyContent, SECTOR_BYTES } from "./faulty-vfs-content.ts";
export type { Fault, FaultyCall } from "./faulty-vfs-plan.ts";
