import { formatFacts, type VerbSpec } from "@millrace/cli";
import { validate } from "../validate.ts";

/** `validate <file>`: checks a file against its format. */
export const validateVerb: VerbSpec<object> = {
  usage: "validate <file>",
  summary: "checks a file against its format and its checksums; exit 1 when something is wrong",
  example: "validate experiments/lif.h5",
  action: async (context, [path]) => {
    const bar = context.progress("validate");
    const report = await validate(path!, {
      signal: context.signal,
      onProgress: (state) => bar.update(state),
    });
    const { version, episodes, findings } = report;
    const found = findings.map(({ path: where, problem }) => `${where}: ${problem}`);
    const facts = formatFacts([
      ["file", path],
      ["version", version],
      ["episodes", episodes],
      ["findings", findings.length],
    ]);
    return {
      json: { path, version, episodes, findings },
      text: found.length === 0 ? facts : `${facts}\n\n${found.join("\n")}`,
      isFailure: findings.length > 0,
    };
  },
};
