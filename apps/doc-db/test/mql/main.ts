/** `pnpm test:mql [FILE] [--json]`: runs a file of query cases and prints what passed, by kind and by operator. */
import { recordingPath } from "@millrace/testkit";
import { type Case, readCases } from "./case-file.ts";
import { type Count, tallyCases } from "./tally.ts";

const args = process.argv.slice(2);
const isJson = args.includes("--json");
const cases: readonly Case[] = readCases(
  args.find((arg) => !arg.startsWith("--")) ?? recordingPath("mql/cases.jsonl.gz"),
);
const tally = await tallyCases(cases);

function lines(counts: Record<string, Count>): string {
  return Object.entries(counts)
    .map(
      ([name, { passed, total }]) =>
        `${String(passed).padStart(6)} of ${String(total).padEnd(6)} ${((100 * passed) / total).toFixed(1).padStart(5)} %  ${name}`,
    )
    .sort((a, b) => a.slice(23).localeCompare(b.slice(23)))
    .join("\n");
}

if (isJson) console.log(JSON.stringify(tally, null, 2));
else {
  const unsupported = Object.entries(tally.unsupported).map(
    ([name, { reason, cases: n }]) => `${String(n).padStart(6)}  ${name}: ${reason}`,
  );
  console.log(
    `${lines(tally.operators)}\n\n${lines(tally.kinds)}\n\nnot supported:\n${unsupported.join("\n")}`,
  );
  console.log(`\n${tally.unexplained.length} failures that no entry explains`);
}
