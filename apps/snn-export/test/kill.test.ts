import { describe, it } from "vitest";
import { killAndCheck } from "./kill-helpers.ts";

describe("a process that is killed leaves every step up to its last checkpoint", () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed))("at moment %d", killAndCheck);
});
