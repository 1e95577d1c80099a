import { expect, test } from "vitest";
import { SyncDeadline } from "../src/sync-deadline.ts";

test("asks again until somebody has synced, and not after that", async () => {
  let asked = 0;
  const deadline = new SyncDeadline(10, () => {
    asked++;
    if (asked === 3) deadline.end();
  });
  deadline.begin();
  expect(deadline.isDue).toBe(false);
  await expect.poll(() => asked).toBe(3);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(asked).toBe(3);
  deadline.begin();
  await expect.poll(() => deadline.isDue || asked > 3).toBe(true);
  deadline.close();
  const then = asked;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(asked).toBe(then);
  expect(deadline.isDue).toBe(false);
});
