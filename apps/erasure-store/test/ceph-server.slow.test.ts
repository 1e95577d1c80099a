import { freePort, isInstalled, startProgram, type TempDirectory, tempDirectory } from "@millrace/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { surviveFaults } from "./fault-suite.ts";
import { useBuckets } from "./s3-server-suite.ts";

// The gateway of Ceph: another real S3 server, with consistency, listing and conditions of its own.
const PROGRAMS = ["ceph-mon", "ceph-mgr", "ceph-osd", "radosgw"];
const absent = PROGRAMS.filter((program) => !isInstalled(program, "--version"));
const ENVIRONMENT = { AWS_ACCESS_KEY_ID: "id-of-tests", AWS_SECRET_ACCESS_KEY: "secret-of-tests" };

describe.skipIf(absent.length > 0)(
  `radosgw${absent.length > 0 ? ` (skipped: ${absent.join(", ")} of Debian's Ceph not installed)` : ""}`,
  () => {
    let place: TempDirectory;
    let cluster: AsyncDisposable;
    let endpoint: string;
    beforeAll(async () => {
      place = tempDirectory();
      const gateway = await freePort();
      endpoint = `http://127.0.0.1:${gateway}`;
      const keys = [ENVIRONMENT.AWS_ACCESS_KEY_ID, ENVIRONMENT.AWS_SECRET_ACCESS_KEY];
      const args = [place.path, String(await freePort()), String(gateway), ...keys];
      cluster = await startProgram("ceph-cluster.sh", args);
    });
    afterAll(async () => {
      await cluster[Symbol.asyncDispose]();
      place[Symbol.dispose]();
    });

    it("keeps small and large objects, ranges, repairs, locks and removals", async () => {
      await useBuckets(endpoint, ENVIRONMENT);
    });

    it.each([1, 2])(
      "has the right bytes or a clear error over a network that fails at random (seed %i)",
      async (seed) => {
        const run = await surviveFaults(endpoint, ENVIRONMENT, seed, 40);
        expect(run.faults).toBeGreaterThan(50);
      },
    );
  },
);
