import { defaultVfs } from "@millrace/files/browser";
import { expect, test } from "vitest";

test("a browser's default file system refuses every call, and says what to pass instead", async () => {
  const calls = Object.entries(defaultVfs) as [string, (path: string) => unknown][];
  expect(calls.length).toBe(16);
  for (const [syscall, call] of calls) {
    const refused = { code: "FILES_NO_FILE_SYSTEM", path: "a.raw", syscall };
    // Calls with Sync throw at once, which an async function makes a rejection too.
    const made = async (): Promise<unknown> => call("a.raw");
    await expect(made(), syscall).rejects.toMatchObject(refused);
    await expect(made(), syscall).rejects.toThrow("such as a MemoryVfs");
    if (syscall.endsWith("Sync")) expect(() => call("a.raw")).toThrow("such as a MemoryVfs");
  }
});
