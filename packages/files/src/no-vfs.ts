import { fileError } from "./file-errors.ts";
import type { Vfs } from "./vfs.ts";

/** What code that is given no {@link Vfs} uses where there is no disk: every call says that there is none. */
export const noVfs: Vfs = Object.freeze({
  open: refusal("open"),
  rename: refusal("rename"),
  remove: refusal("remove"),
  list: refusal("list"),
  stat: refusal("stat"),
  exists: refusal("exists"),
  makeDirectory: refusal("makeDirectory"),
  syncDirectory: refusal("syncDirectory"),
  freeBytes: refusal("freeBytes"),
  lock: refusal("lock"),
  openSync: refusalNow("openSync"),
  renameSync: refusalNow("renameSync"),
  removeSync: refusalNow("removeSync"),
  existsSync: refusalNow("existsSync"),
  makeDirectorySync: refusalNow("makeDirectorySync"),
  syncDirectorySync: refusalNow("syncDirectorySync"),
});

function refusal(call: keyof Vfs): (path: string) => Promise<never> {
  return async (path) => {
    throw fileError("FILES_NO_FILE_SYSTEM", path, call);
  };
}

function refusalNow(call: keyof Vfs): (path: string) => never {
  return (path) => {
    throw fileError("FILES_NO_FILE_SYSTEM", path, call);
  };
}
