import { appendFile, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { diskVfs } from "@millrace/files";

/** Lines kept from one session to the next. */
export const HISTORY_LINES = 1000;

/** Lines that were typed at prompts, in a file that the next session begins with. */
export class ShellHistory {
  readonly #path: string;

  /** @param path - of the file, one in the home directory without it */
  constructor(path: string = join(homedir(), ".millrace-docdb-history")) {
    this.#path = path;
  }

  /** The last lines, the newest one first, as a prompt wants them. */
  async read(): Promise<string[]> {
    if (!(await diskVfs.exists(this.#path))) return [];
    const lines = (await readFile(this.#path, "utf8")).split("\n").filter((line) => line !== "");
    return lines.slice(-HISTORY_LINES).reverse();
  }

  /** Keeps a line; blank ones are not worth it. */
  async add(line: string): Promise<void> {
    if (line.trim() !== "") await appendFile(this.#path, `${line}\n`, { mode: 0o600 });
  }
}
