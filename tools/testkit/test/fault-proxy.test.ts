import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FaultProxy, type ProxyFault } from "../src/index.ts";

let count = 0;
const server = createServer((_, response) => response.end(`answer ${++count}`));
beforeAll(() => new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready)));
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function askThrough(fault: ProxyFault, seed = 1): Promise<{ answers: string[]; served: number }> {
  const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await using proxy = new FaultProxy(target, { seed, faults: [fault] });
  const address = await proxy.listen();
  const ask = (): Promise<string> =>
    fetch(address).then(
      async (response) => `${response.status} ${await response.text().catch(() => "broken")}`,
      () => "broken",
    );
  count = 0;
  const first = await ask();
  proxy.rate = 1;
  const answers = [first, await ask()];
  expect(proxy.counts.get(fault)).toBe(1);
  return { answers, served: count };
}

it.each<[ProxyFault, string, number]>([
  ["slow", "200 answer 2", 2],
  ["5xx", "503 slow down", 1],
  ["cut", "broken", 1],
  ["lost-answer", "broken", 2],
  ["truncated", "200 broken", 2],
  ["stale", "200 answer 1", 1],
])("a request meets %s: %s, and the server has served %i", async (fault, answer, served) => {
  expect(await askThrough(fault)).toEqual({ answers: ["200 answer 1", answer], served });
});

it("a garbled answer differs in one bit, and the same seed garbles the same", async () => {
  const { answers } = await askThrough("garbled");
  expect(answers[1]).toMatch(/^200 .{8}$/s);
  expect(answers[1]).not.toBe("200 answer 2");
  expect((await askThrough("garbled")).answers).toEqual(answers);
});
