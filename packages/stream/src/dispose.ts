/** Disposes of a value that is Disposable, does nothing with any other. */
export function disposeIfDisposable(value: unknown): void {
  if (typeof value !== "object" || value === null || !(Symbol.dispose in value)) return;
  if (typeof value[Symbol.dispose] === "function") (value as Disposable)[Symbol.dispose]();
}
