import { describe, it } from "vitest";
import { killAndCheck } from "./kill-helpers.ts";

describe("a process that is killed leaves every step up to its last checkpoint", () => {
  it.each(Array.from({ length: 200 }, (_, seed) => 1000 + seed))("at moment %d", killAndCheck);
});
