import { totalmem } from "node:os";
import { MemoryBudget } from "./memory-budget.ts";

/** What a machine says of its memory, in bytes. */
export interface MemoryReadings {
  /** All memory of the machine. */
  readonly totalBytes: number;
  /** The container's limit; 0, undefined and anything from `totalBytes` on mean that there is none. */
  readonly constrainedBytes: number | undefined;
  /** What this process may still take. */
  readonly availableBytes: number;
}

/**
 * Bytes this process may still take: of its container (cgroup) when that has a limit, else of the machine.
 *
 * Without a limit `process.constrainedMemory()` answers 0, undefined or about 2^64, by platform.
 *
 * @param readings - what to judge. @default what Node says now
 */
export function availableMemoryBytes(readings: MemoryReadings = readMachine()): number {
  const { totalBytes, constrainedBytes, availableBytes } = readings;
  const isLimited = constrainedBytes !== undefined && constrainedBytes > 0 && constrainedBytes < totalBytes;
  return Math.floor(Math.max(0, Math.min(availableBytes, isLimited ? constrainedBytes : totalBytes)));
}

let sharedBudget: MemoryBudget | undefined;

/** The one budget of this process: half of what was available when it was first asked for, 64 MiB at least. */
export function processMemoryBudget(): MemoryBudget {
  sharedBudget ??= new MemoryBudget(Math.max(64 * 1024 * 1024, Math.floor(availableMemoryBytes() / 2)));
  return sharedBudget;
}

function readMachine(): MemoryReadings {
  return {
    totalBytes: totalmem(),
    constrainedBytes: process.constrainedMemory(),
    availableBytes: process.availableMemory(),
  };
}
