import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** The Node releases that the published packages are imported on, as npm's package `node` has them. */
const NODE_VERSIONS = ["22.23.3", "24.21.0", "26.10.0"] as const;

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, unknown>>;
}

const published = ["packages", "apps"]
  .flatMap((group) => readdirSync(join(ROOT, group)).map((name) => join(ROOT, group, name)))
  .map((directory) => ({
    directory,
    manifest: JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest,
  }))
  .filter(({ manifest }) => manifest.private !== true);

/** Every name that can be imported: "@millrace/cli", "@millrace/cli/start" and so on. */
const entries = published.flatMap(({ manifest }) =>
  Object.keys(manifest.exports).map((path) => manifest.name + path.slice(1)),
);

const isWindows = process.platform === "win32";
let outside: string;
const tarballs = new Map<string, string>();

function run(command: string, args: string[], cwd: string): { status: number | null; output: string } {
  // Settings of the workspace must not reach a folder outside of it.
  const env = { ...process.env, NODE_OPTIONS: "", INIT_CWD: cwd };
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env,
    encoding: "utf8",
    shell: isWindows,
  });
  return { status, output: `${stdout}${stderr}` };
}

function succeed(command: string, args: string[], cwd: string): string {
  const { status, output } = run(command, args, cwd);
  expect({ command: [command, ...args].join(" "), status, output: status === 0 ? "" : output }).toMatchObject(
    { status: 0 },
  );
  return output;
}

const nodeOf = (version: string): string =>
  join(outside, "node_modules", `node-${version.split(".")[0]}`, "bin", isWindows ? "node.exe" : "node");

beforeAll(() => {
  outside = mkdtempSync(join(tmpdir(), "millrace-packed-"));
  const packs = join(outside, "packs");
  mkdirSync(packs);
  for (const { directory, manifest } of published) {
    const before = new Set(readdirSync(packs));
    succeed("pnpm", ["pack", "--pack-destination", packs], directory);
    const made = readdirSync(packs).find((name) => !before.has(name));
    tarballs.set(manifest.name, join(packs, made!));
  }
  const files = Object.fromEntries([...tarballs].map(([name, path]) => [name, `file:${path}`]));
  const nodes = Object.fromEntries(
    NODE_VERSIONS.map((version) => [`node-${version.split(".")[0]}`, `npm:node@${version}`]),
  );
  writeFileSync(
    join(outside, "package.json"),
    JSON.stringify({
      name: "outside",
      private: true,
      type: "module",
      dependencies: { ...files, ...nodes, typescript: "7.0.2", "@types/node": "24.19.2" },
    }),
  );
  // The tarballs ask for each other by version; there is no registry that has them, so each name means its tarball.
  writeFileSync(
    join(outside, "pnpm-workspace.yaml"),
    [
      "packages: []",
      "allowBuilds:",
      "  node: true",
      '  "@ronomon/reed-solomon": false',
      "  ssh2: false",
      "  cpu-features: false",
      "overrides:",
    ]
      .concat(Object.entries(files).map(([name, path]) => `  "${name}": "${path}"`))
      .join("\n"),
  );
  succeed("pnpm", ["install", "--no-frozen-lockfile"], outside);
}, 600_000);

afterAll(() => rmSync(outside, { recursive: true, force: true }));

describe.each(published)("$manifest.name", ({ directory, manifest }) => {
  it("holds its sources built, with types, README and licence, and nothing of the workspace", () => {
    const installed = join(outside, "node_modules", manifest.name);
    const packed = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    expect(JSON.stringify(packed)).not.toMatch(/workspace:|catalog:|@millrace\/source/);
    expect(packed.engines).toEqual({ node: ">=22.18" });
    const files = readdirSync(installed, { recursive: true }).map(String);
    expect(files).toEqual(
      expect.arrayContaining(["README.md", "LICENSE", join("dist", "index.js"), join("dist", "index.d.ts")]),
    );
    expect(
      files.filter(
        (file) => /(^|[\\/])(src|test)[\\/]|tsbuildinfo/.test(file) && !file.startsWith("node_modules"),
      ),
    ).toEqual([]);
    expect(readFileSync(join(directory, "README.md"), "utf8")).toBe(
      readFileSync(join(installed, "README.md"), "utf8"),
    );
  });

  it("satisfies publint and are-the-types-wrong", () => {
    const tarball = tarballs.get(manifest.name)!;
    succeed("publint", ["run", tarball, "--strict"], join(ROOT, "tools", "packed"));
    succeed("attw", [tarball, "--profile", "esm-only"], join(ROOT, "tools", "packed"));
  });
});

it("every entry type-checks from outside, without skipping the declarations", () => {
  const imports = entries.map((entry, i) => `import * as e${i} from "${entry}"; console.log(typeof e${i});`);
  writeFileSync(join(outside, "types.mts"), imports.join("\n"));
  const options = [
    "--noEmit",
    "--strict",
    "--module",
    "nodenext",
    "--target",
    "es2024",
    "--lib",
    "es2024,esnext.disposable",
    "--types",
    "node",
  ];
  succeed("pnpm", ["exec", "tsc", ...options, "--skipLibCheck", "types.mts"], outside);
});

describe.each(NODE_VERSIONS)("on Node %s", (version) => {
  it.each(entries)("%s can be imported by its name", (entry) => {
    const program = `const m = await import(${JSON.stringify(entry)}); console.log(process.version, Object.keys(m).length > 0);`;
    const output = succeed(nodeOf(version), ["--input-type=module", "-e", program], outside);
    expect(output).toContain(`v${version} true`);
  });

  it.each(published.flatMap(({ manifest }) => Object.keys(manifest.bin ?? {})))(
    "the command %s runs",
    (bin) => {
      const owner = published.find(({ manifest }) => manifest.bin?.[bin] !== undefined)!.manifest;
      const script = join(outside, "node_modules", owner.name, owner.bin![bin]!);
      expect(succeed(nodeOf(version), [script, "--version"], outside)).toMatch(/^\d+\.\d+\.\d+/);
    },
  );
});
