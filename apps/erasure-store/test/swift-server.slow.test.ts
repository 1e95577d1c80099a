import { type TempDirectory, tempDirectory } from "@millrace/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { surviveFaults } from "./fault-suite.ts";
import { useBuckets } from "./s3-server-suite.ts";
import { isSwiftInstalled, type SwiftServer, startSwift } from "./swift-server.ts";

describe.skipIf(!isSwiftInstalled)(
  `OpenStack Swift${isSwiftInstalled ? "" : " (skipped: Debian's swift-proxy, -account, -container and -object not installed)"}`,
  () => {
    let place: TempDirectory;
    let swift: SwiftServer;
    beforeAll(async () => {
      place = tempDirectory();
      swift = await startSwift(place.path);
    });
    afterAll(async () => {
      await swift[Symbol.asyncDispose]();
      place[Symbol.dispose]();
    });

    it("keeps small and large objects, ranges, repairs, locks and removals", async () => {
      await useBuckets(swift.endpoint, swift.environment);
    });

    it.each([1, 2])(
      "has the right bytes or a clear error over a network that fails at random (seed %i)",
      async (seed) => {
        const run = await surviveFaults(swift.endpoint, swift.environment, seed, 40);
        expect(run.faults).toBeGreaterThan(50);
      },
    );
  },
);
