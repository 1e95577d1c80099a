import { describeRecordings, recordingPath } from "@millrace/testkit";
import { expect, it } from "vitest";
import { readCases } from "./mql/case-file.ts";
import { tallyCases } from "./mql/tally.ts";

describeRecordings("the cases of DocumentDB's functional tests", () => {
  it("pass in these numbers, and fail for these reasons", async () => {
    const { kinds, unsupported, unexplained } = await tallyCases(
      readCases(recordingPath("mql/cases.jsonl.gz")),
    );
    const passed = Object.entries(kinds).map(([kind, count]) => `${kind} ${count.passed} of ${count.total}`);
    const reasons = Object.entries(unsupported).map(([name, { cases }]) => `${name}: ${cases}`);
    expect([...passed, ...reasons, `unexplained: ${unexplained.length}`]).toMatchInlineSnapshot(`
      [
        "ExpressionTestCase 6627 of 6696",
        "AccumulatorTestCase 729 of 739",
        "ProjectionTestCase 173 of 180",
        "WindowTestCase 12 of 12",
        "UpdateTestCase 547 of 556",
        "FilteredUpdateTestCase 26 of 26",
        "QueryTestCase 2068 of 2092",
        "FindTestCase 2 of 2",
        "RoundTripTestCase 24 of 24",
        "IndexTestCase 438 of 445",
        "IndexQueryTestCase 108 of 108",
        "binary data of odd kinds: 13",
        "cases that are told in part: 19",
        "dates beyond the year 275760: 14",
        "null, missing or wrong operands: 7",
        "decimals as the server's library makes them: 19",
        "$$CLUSTER_TIME without a cluster: 1",
        "numbers as texts: 9",
        "time series, views and counters of index uses: 8",
        "positional projections and $elemMatch beside others: 6",
        "names that begin with a dollar sign: 3",
        "$where: 1",
        "$text in other languages: 3",
        "conditional groups of regular expressions: 1",
        "geospatial edges: 15",
        "MinKey and MaxKey wrapped by the suite's shell: 7",
        "unexplained: 0",
      ]
    `);
  });
});
