/**
 * The largest resident set of this process, in bytes. Linux hands a process the `maxRSS` of the one that started it,
 * so that there the kernel's own mark is read, which begins anew with each program.
 *
 * It stands alone, that its text may be run in a Node that has loaded nothing.
 */
export function peakResidentBytes(): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS * 1024;
  const status = process.getBuiltinModule("node:fs").readFileSync("/proc/self/status", "utf8");
  const found = /^VmHWM:\s+(\d+) kB$/m.exec(status);
  if (found === null) throw new Error("/proc/self/status has no VmHWM");
  return Number(found[1]) * 1024;
}
