// Plain JavaScript on purpose: it must run on a Node too old to load anything else of ours, and say so.
import module from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

const NEEDED = [22, 18];

/**
 * Starts a command, or says in one line why it cannot start.
 * @param {string} name - the command, for messages: "millrace-events"
 * @param {string} script - how it runs from the workspace: "events"
 * @param {() => Promise<{ main: (argv: string[]) => Promise<number> }>} load - imports the command
 */
export async function start(name, script, load) {
  const found = process.versions.node.split(".").map(Number);
  if (found[0] < NEEDED[0] || (found[0] === NEEDED[0] && found[1] < NEEDED[1])) {
    process.stderr.write(
      `${name}: needs Node ${NEEDED.join(".")} or later, this is Node ${process.versions.node}; ` +
        `install a newer Node, or run it from the workspace, which brings its own: npx --yes pnpm@12.21.0 ${script} …\n`,
    );
    process.exitCode = 2;
    return;
  }
  keepCompiled();
  let command;
  try {
    command = await load();
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND" || !/[\\/]dist[\\/]/.test(error.message)) throw error;
    process.stderr.write(
      `${name}: is not built; run "pnpm build" first, or run it from source: npx --yes pnpm@12.21.0 ${script} …\n`,
    );
    process.exitCode = 2;
    return;
  }
  process.exitCode = await command.main(process.argv.slice(2));
}

/**
 * Has Node keep what it makes of our files from one start to the next, which takes half of the time of a start. Not in
 * the directory for temporary files: what others may write there would be run.
 */
function keepCompiled() {
  module.enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "millrace"));
}
