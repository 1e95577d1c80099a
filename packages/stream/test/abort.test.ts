import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { abortable, throwIfAborted } from "../src/index.ts";

test("throwIfAborted names the work and keeps the reason", () => {
  expect(throwIfAborted(undefined, "reading")).toBeUndefined();
  expect(throwIfAborted(new AbortController().signal, "reading")).toBeUndefined();
  const reason = new Error("enough");
  expect(() => throwIfAborted(AbortSignal.abort(reason), "reading a.raw")).toThrow(
    expect.objectContaining({
      code: "STREAM_WORK_ABORTED",
      message: "reading a.raw was aborted",
      cause: reason,
    }),
  );
});

test("abortable passes values and errors on and takes its listener off again", async () => {
  const { signal } = new AbortController();
  expect(await abortable(Promise.resolve(7), signal, "work")).toBe(7);
  await expect(abortable(Promise.reject(new Error("no")), signal, "work")).rejects.toThrow("no");
  expect(await abortable(Promise.resolve(7), undefined, "work")).toBe(7);
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

test("abortable does not wait for what hangs", async () => {
  const controller = new AbortController();
  const waiting = abortable(new Promise(() => {}), controller.signal, "work");
  controller.abort();
  await expect(waiting).rejects.toThrow("work was aborted");
  await expect(abortable(new Promise(() => {}), controller.signal, "work")).rejects.toThrow(
    "work was aborted",
  );
});
