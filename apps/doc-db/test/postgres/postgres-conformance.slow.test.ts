import { describeRecordings, recordingPath } from "@millrace/testkit";
import { expect, it } from "vitest";
import { PostgresDatabase } from "../../src/postgres/postgres-database.ts";
import { readCases } from "../mql/case-file.ts";
import { runCase } from "../mql/run-case.ts";
import { postgresRunners } from "./postgres-cases.ts";
import { findPostgres, startPostgres } from "./postgres-server.ts";

const programs = findPostgres();

describeRecordings("all cases of queries and updates of DocumentDB's functional tests", () => {
  it.skipIf(programs === undefined)(
    "pass in these numbers in PostgreSQL (skipped where that is not installed)",
    async () => {
      const server = await startPostgres(programs!);
      try {
        await using db = await PostgresDatabase.open(server.address);
        const runners = postgresRunners(db);
        const passed: Record<string, number> = {};
        for (const test of readCases(recordingPath("mql/cases.jsonl.gz"))) {
          if (!(test.kind in runners)) continue;
          passed[test.kind] ??= 0;
          if ((await runCase(test, runners)).isPassed) passed[test.kind]!++;
        }
        expect(passed).toMatchInlineSnapshot(`
          {
            "FilteredUpdateTestCase": 26,
            "QueryTestCase": 2043,
            "UpdateTestCase": 542,
          }
        `);
      } finally {
        await server.stop();
      }
    },
    600_000,
  );
});
