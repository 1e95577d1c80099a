/**
 * The largest resident set that this process has had, in bytes; 0 where there is no process. Linux hands a process the
 * `maxRSS` of the one that started it, so that there the kernel's own mark is read, which begins anew with each program.
 *
 * It stands alone, that its text may be run in a Node that has loaded nothing.
 */
export function peakResidentBytes(): number {
  if (typeof process === "undefined") return 0;
  if (process.platform !== "linux") return process.resourceUsage().maxRSS * 1024;
  const status = process.getBuiltinModule("node:fs").readFileSync("/proc/self/status", "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
