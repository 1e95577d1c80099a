import vm from "node:vm";

/** A script for a whole statement; undefined for the beginning of one. @throws SyntaxError */
export function compileStatement(source: string): vm.Script | undefined {
  const isAwaiting = /\bawait\b/.test(source);
  // An object in front would be taken for a block.
  const attempts = isAwaiting
    ? [`(async () => (\n${source}\n))()`, `(async () => {\n${source}\n})()`]
    : [...(/^\s*\{/.test(source) ? [`(${source}\n)`] : []), source];
  let problem: unknown;
  for (const text of attempts) {
    try {
      return new vm.Script(text, { filename: "shell" });
    } catch (error) {
      problem = error;
    }
  }
  const message = problem instanceof Error ? problem.message : String(problem);
  if (
    /Unexpected end of input|Unterminated template|missing \) after argument list/.test(message) &&
    isOpen(source)
  )
    return undefined;
  throw problem;
}

/** Whether brackets or backquotes are open, more or less: strings are left out. */
function isOpen(source: string): boolean {
  const bare = source.replace(/"(\\.|[^"\\\n])*"|'(\\.|[^'\\\n])*'/g, "");
  const opened = bare.match(/[([{]/g)?.length ?? 0;
  const closed = bare.match(/[)\]}]/g)?.length ?? 0;
  return opened > closed || (bare.match(/`/g)?.length ?? 0) % 2 === 1;
}
