import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const PYTHON = "/usr/bin/python3";
const SCRIPT = fileURLToPath(new URL("./fixtures/make-python-1.0.0.py", import.meta.url));

/** Whether h5py is there, without which there are no files of the Python exporter. */
export const hasH5py: boolean = (() => {
  try {
    execFileSync(PYTHON, ["-c", "import h5py"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

/** Writes a file as the Python exporter did. */
export function makePythonFile(path: string, kind: "rle" | "matrix" | "killed"): void {
  execFileSync(PYTHON, [SCRIPT, path, kind], { stdio: ["ignore", "ignore", "inherit"] });
}
