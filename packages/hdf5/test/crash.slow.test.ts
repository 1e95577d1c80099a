import { it } from "vitest";
import { cutPowerAtEvery, WAYS } from "./crash-work.ts";

it.each(WAYS)("a power failure at any call leaves the last checkpoint or a later one (%s)", (way) =>
  cutPowerAtEvery(1, 0, way),
);
