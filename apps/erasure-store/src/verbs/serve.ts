import { once } from "node:events";
import { formatFacts, integerBetween, UsageError, type VerbSpec } from "@millrace/cli";
import { serveStore } from "../serve.ts";
import { type ConfigFlag, configFlag, openFromFlags } from "./shared.ts";

interface ServeFlags extends ConfigFlag {
  readonly host: string;
  readonly port: number;
  readonly tokenVariable?: string;
}

/** `serve`: reads and writes over HTTP, until it is interrupted. */
export const serveVerb: VerbSpec<ServeFlags> = {
  usage: "serve",
  summary: "offers objects over HTTP with ranges, and metrics, until it is interrupted",
  example: "serve --config store.yaml --port 8080",
  flags: (command) =>
    configFlag(command)
      .option("--host <address>", "beyond loopback a token is needed", "127.0.0.1")
      .option("--port <n>", "0 takes a free one", integerBetween(0, 65_535), 0)
      .option("--token-variable <name>", "the environment variable that holds the token"),
  action: async (context, _args, flags) => {
    const token = flags.tokenVariable === undefined ? undefined : process.env[flags.tokenVariable];
    if (flags.tokenVariable !== undefined && (token === undefined || token === "")) {
      throw new UsageError(`--token-variable ${flags.tokenVariable}: the environment has no such variable`);
    }
    const store = await openFromFlags(flags);
    await using served = await serveStore(store, { host: flags.host, port: flags.port, token });
    context.note(`serving ${served.url}/objects/`);
    if (!context.signal.aborted) await once(context.signal, "abort");
    return { json: { url: served.url }, text: formatFacts([["served", served.url]]) };
  },
};
