import { configDefaults, defineConfig } from "vitest/config";

/** One configuration for every package; `--mode slow` runs the slow lane, the other tests run by default. */
export default defineConfig(({ mode }) => {
  const isSlow = mode === "slow";
  const report = isSlow || mode === "packed" ? mode : "default";
  const source = "@millrace/source";
  return {
    resolve: { conditions: [source, "module", "node", "development|production"] },
    ssr: { resolve: { conditions: [source, "module", "node", "development|production"] } },
    test: {
      include: [isSlow ? "test/**/*.slow.test.ts" : "test/**/*.test.ts"],
      exclude: [...configDefaults.exclude, ...(isSlow ? [] : ["test/**/*.slow.test.ts"])],
      pool: "forks",
      // Workers and child processes started by a test read the same unbuilt sources.
      execArgv: [`--conditions=${source}`],
      testTimeout: isSlow ? 1_200_000 : 120_000,
      hookTimeout: 120_000,
      reporters: ["default", "json"],
      outputFile: { json: `test-results/${report}.json` },
    },
  };
});
