import { FaultProxy, tempDirectory } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { useBuckets } from "./s3-server-suite.ts";
import { isSwiftInstalled, startSwift } from "./swift-server.ts";

describe.skipIf(!isSwiftInstalled)(
  `OpenStack Swift, a real S3 server${isSwiftInstalled ? "" : " (skipped: Debian's swift-proxy, -account, -container and -object not installed)"}`,
  () => {
    it("keeps small and large objects, ranges, repairs, locks and removals, where answers get lost", async () => {
      using place = tempDirectory();
      await using swift = await startSwift(place.path);
      await using proxy = new FaultProxy(swift.endpoint, { seed: 1, faults: ["lost-answer"] });
      const address = await proxy.listen();
      // Rarely enough that never five in a row are lost, after which a client gives up.
      proxy.rate = 0.03;
      await useBuckets(address, swift.environment, {
        names: ["a", "b", "c"],
        lost: ["b"],
        lengths: [4096, 12_000_000],
      });
      expect(proxy.counts.get("lost-answer")).toBeGreaterThan(1);
    });
  },
);
