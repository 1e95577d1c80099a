import { defaultVfs } from "@millrace/files/browser";
import { expect, test } from "vitest";

test("a browser's default file system refuses every call, and says what to pass instead", async () => {
  const calls = Object.entries(defaultVfs) as [string, (path: string) => Promise<unknown>][];
  expect(calls.length).toBe(10);
  for (const [syscall, call] of calls) {
    const refused = { code: "FILES_NO_FILE_SYSTEM", path: "a.raw", syscall };
    await expect(call("a.raw"), syscall).rejects.toMatchObject(refused);
    await expect(call("a.raw"), syscall).rejects.toThrow("such as a MemoryVfs");
  }
});
