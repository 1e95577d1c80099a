export * from "./browser.ts";
export { isRonomonInstalled, newRonomonEngine, type RonomonOptions } from "./ronomon.ts";
