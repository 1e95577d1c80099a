import { InvalidArgumentError } from "@millrace/base";

/** @throws InvalidArgumentError for what cannot be part of a file's name, or of a group's */
export function checkName(what: string, name: string): void {
  if (/^[\w.-]{1,100}$/.test(name) && name !== "." && name !== "..") return;
  const expected = '1 to 100 letters, digits, "-", "_" and "."';
  throw new InvalidArgumentError("SNN_NAME_INVALID", `${what} name`, name, expected);
}

/** The value as JSON text. @throws InvalidArgumentError when there is none */
export function checkJson(what: string, value: unknown): string {
  let text: string | undefined;
  let reason = "a function or undefined";
  try {
    text = JSON.stringify(value);
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  if (text !== undefined) return text;
  throw new InvalidArgumentError("SNN_JSON_INVALID", what, reason, "what JSON can say");
}
