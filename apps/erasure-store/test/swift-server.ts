import { freePort, isInstalled, programOf, startProgram } from "@millrace/testkit";

/** Swift of OpenStack, with its gateway for S3, on loopback. */
export interface SwiftServer extends AsyncDisposable {
  readonly endpoint: string;
  /** The keys of its one user, as the store looks for them. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Whether Debian's packages of it are there. */
export const isSwiftInstalled: boolean = isInstalled(programOf("swift-server.py"), "--check");

/** Starts it; a second or two. @param directory - gets all that it keeps */
export async function startSwift(directory: string): Promise<SwiftServer> {
  const port = await freePort();
  const environment = { AWS_ACCESS_KEY_ID: "tests:user", AWS_SECRET_ACCESS_KEY: "secret-of-tests" };
  const keys = [environment.AWS_ACCESS_KEY_ID, environment.AWS_SECRET_ACCESS_KEY];
  const program = await startProgram("swift-server.py", [`${directory}/swift`, String(port), ...keys]);
  const stop = (): Promise<void> => program[Symbol.asyncDispose]() as Promise<void>;
  return { endpoint: `http://127.0.0.1:${port}`, environment, [Symbol.asyncDispose]: stop };
}
