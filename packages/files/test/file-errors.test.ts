import { IoError } from "@millrace/base";
import { fileError, toFileError } from "@millrace/files";
import { expect, test } from "vitest";

test.each([
  ["ENOENT", "FILES_NOT_FOUND"],
  ["EISDIR", "FILES_IS_DIRECTORY"],
  ["ENOTDIR", "FILES_NOT_DIRECTORY"],
  ["ENOTEMPTY", "FILES_NOT_EMPTY"],
  ["EEXIST", "FILES_EXISTS"],
  ["ENOSPC", "FILES_NO_SPACE"],
  ["EDQUOT", "FILES_NO_SPACE"],
  ["EACCES", "FILES_NO_PERMISSION"],
  ["EROFS", "FILES_NO_PERMISSION"],
  ["EIO", "FILES_IO_FAILED"],
  ["EMFILE", "FILES_IO_FAILED"],
])("%s of the system becomes %s, with path, call and cause", (systemCode, code) => {
  const cause = Object.assign(new Error("system"), { code: systemCode });
  const error = toFileError(cause, "/a", "open");
  expect(error).toBeInstanceOf(IoError);
  expect(error).toMatchObject({ code, path: "/a", syscall: "open", cause });
  expect(error.message).toContain(`(open: ${systemCode})`);
});

test("errors that are ours already pass, and others are told as they are", () => {
  const ours = fileError("FILES_LOCKED", "/a", "lock");
  expect(toFileError(ours, "/b", "open")).toBe(ours);
  expect(toFileError("odd", "/b", "open").message).toContain("odd");
});
