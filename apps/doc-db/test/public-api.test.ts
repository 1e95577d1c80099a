import { expect, it } from "vitest";
import * as extras from "../src/extras.ts";
import * as api from "../src/index.ts";

it("exports these names and no others", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "BSONRegExp",
      "Binary",
      "Code",
      "Decimal128",
      "Double",
      "MaxKey",
      "MinKey",
      "MongoBulkWriteError",
      "MongoServerError",
      "ObjectId",
      "Timestamp",
      "connect",
    ]
  `);
});

it("exports these names beyond MongoDB's driver", () => {
  expect(Object.keys(extras).sort()).toMatchInlineSnapshot(`
    [
      "AggregationCursor",
      "BSONRegExp",
      "Binary",
      "ChangeReader",
      "Code",
      "Collection",
      "Constraints",
      "DEFAULT_DATABASE_OPTIONS",
      "DEFAULT_FIND_OPTIONS",
      "DEFAULT_SERVE_OPTIONS",
      "DEFAULT_UPDATE_OPTIONS",
      "Database",
      "Decimal128",
      "DocumentServer",
      "Double",
      "DuplicateKeyError",
      "FindCursor",
      "ForeignKeyError",
      "LanguageError",
      "LazyDocument",
      "MaxKey",
      "MinKey",
      "ObjectId",
      "Query",
      "Snapshot",
      "SoftQuery",
      "Timestamp",
      "Transaction",
      "average",
      "collect",
      "compareValues",
      "compileFilter",
      "count",
      "decodeBson",
      "decodeDocument",
      "denseRank",
      "encodeBson",
      "encodeDocument",
      "encodeKey",
      "from",
      "largest",
      "liveQuery",
      "matchesDocument",
      "rank",
      "rowNumber",
      "serve",
      "shifted",
      "smallest",
      "sum",
    ]
  `);
});
