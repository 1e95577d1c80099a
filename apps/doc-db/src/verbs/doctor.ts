import { formatByteSize } from "@millrace/base";
import { formatTable, type VerbSpec } from "@millrace/cli";
import { diskVfs, parentPath } from "@millrace/files";
import { FEED_COLLECTION } from "../changes/feed.ts";
import { byteBar } from "./byte-bar.ts";
import { openToRead } from "./open-database.ts";

/** Part of the pages that may be free before it is worth while to compact. */
const MANY_FREE = 0.3;
const LITTLE_DISK_BYTES = 256 * 1024 * 1024;
const LARGE_LOG_BYTES = 256 * 1024 * 1024;
const MANY_INDEXES = 16;

interface Finding {
  readonly check: string;
  readonly state: "good" | "look" | "bad";
  readonly message: string;
}

/** `doctor`: looks at a database and where it lies, and says what is to be done. */
export const doctorVerb: VerbSpec<{ readonly db: string; readonly quick?: boolean }> = {
  usage: "doctor",
  summary:
    "looks at a database and where it lies, and says what is to be done; exits with 1 if something is broken",
  example: "doctor --db people.db",
  flags: (command) =>
    command
      .requiredOption("--db <file>", "the database")
      .option("--quick", "leave out what reads the whole file"),
  action: async (context, _args, flags) => {
    const findings: Finding[] = [];
    const look = (check: string, isGood: boolean, good: string, advice: string): void => {
      findings.push({ check, state: isGood ? "good" : "look", message: isGood ? good : advice });
    };
    await using db = await openToRead(flags.db, flags);
    findings.push({ check: "open", state: "good", message: "opens, and nobody else has it" });
    const stats = await db.stats();
    const { pages, pageBytes, freePages, walBytes, collections, compression, isEncrypted, fileBytes } = stats;
    const free = pages === 0 ? 0 : freePages / pages;
    const percent = `${Math.round(free * 100)} % of ${pages} pages are free`;
    look("holes", free < MANY_FREE, percent, `${percent}; "compact" gives them back`);
    const ratio = `${Math.round((100 * fileBytes) / (pages * pageBytes))} % of its pages`;
    const encryption = isEncrypted ? "encrypted by AES-256-GCM" : "not encrypted";
    look("pages", true, `${encryption}; compression ${compression}, the file is ${ratio}`, "");
    const log = formatByteSize(walBytes);
    look("log", walBytes < LARGE_LOG_BYTES, log, `${log}; close the database in order once, which cuts it`);
    const left = await diskVfs.freeBytes(parentPath(flags.db));
    if (left !== undefined)
      look(
        "disk",
        left > LITTLE_DISK_BYTES,
        `${formatByteSize(left)} free`,
        `only ${formatByteSize(left)} free`,
      );
    for (const { name, indexes } of collections) {
      const crowd = `${name} has ${indexes.length} indexes, each of which every write changes`;
      if (indexes.length > MANY_INDEXES)
        look("indexes", false, "", `${crowd}; drop what "explain" never shows`);
    }
    const feed = collections.find(({ name }) => name === FEED_COLLECTION);
    if (feed !== undefined)
      look("changes", true, `${feed.documents} kept for change streams, ${formatByteSize(feed.bytes)}`, "");
    if (flags.quick !== true) {
      const problems = await db.checkPages(context.signal, byteBar(context, "doctor"));
      if (problems.length === 0) problems.push(...(await db.verify()));
      for (const message of problems) findings.push({ check: "content", state: "bad", message });
      if (problems.length === 0)
        findings.push({
          check: "content",
          state: "good",
          message: "all pages, indexes and counts are right",
        });
      else findings.push({ check: "content", state: "bad", message: '"repair" saves what can be read' });
    }
    return {
      json: { findings },
      text: formatTable(
        ["check", "state", "what was found"],
        findings.map(({ check, state, message }) => [check, state, message]),
      ),
      isFailure: findings.some(({ state }) => state === "bad"),
    };
  },
};
