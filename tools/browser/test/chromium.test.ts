import { chmodSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { tempDirectory } from "@millrace/testkit";
import { expect, it } from "vitest";
import { findChromium } from "./chromium.ts";

it("takes the browser that the environment names, before any other", () => {
  expect(findChromium({ CHROMIUM_PATH: "/opt/chrome", PATH: "/usr/bin" })).toBe("/opt/chrome");
});

it.skipIf(process.platform === "win32")("finds one on the PATH that can be run, or none", () => {
  using directory = tempDirectory();
  const path = join(directory.path, "google-chrome");
  writeFileSync(path, "#!/bin/sh\n");
  const env = { PATH: ["/no/such", directory.path].join(delimiter) };
  expect(findChromium(env)).toBeUndefined();
  chmodSync(path, 0o755);
  expect(findChromium(env)).toBe(path);
  expect(findChromium({})).toBeUndefined();
});
