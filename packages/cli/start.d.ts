/** Starts a command after checking that this Node can run it; on an older one says which Node is needed. */
export declare function start(
  name: string,
  script: string,
  load: () => Promise<{ main: (argv: string[]) => Promise<number> }>,
): Promise<void>;
