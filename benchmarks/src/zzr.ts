import { mkdtempSync, rmSync } from "node:fs";
import { STORES, fill } from "./docdb/contenders.ts";
import { openLazyMillrace } from "./docdb/millrace-store.ts";
const which = process.argv[2] ?? "millrace", kinds = (process.argv[3] ?? "get,equal,range,scan,group").split(",");
const COUNT = Number(process.argv[4] ?? 100000), secs = Number(process.argv[5] ?? 2);
const dir = mkdtempSync("/tmp/zz-");
const open = which === "lazy" ? openLazyMillrace : STORES.find(([n]) => n === which)![1];
const store = await open(dir, "os");
await fill(store, COUNT);
let id = 0, group = 0, lo = 0;
const groups = Math.ceil(COUNT / 13), width = 1000;
const works: Record<string, [number, () => unknown]> = {
  get: [2000, () => { for (let i = 0; i < 2000; i++) { id = (id + 7919) % COUNT; store.get(id); } }],
  equal: [200, () => { for (let i = 0; i < 200; i++) { group = (group + 31) % groups; store.inGroup(group); } }],
  range: [20000, () => { for (let i = 0; i < 200; i++) { lo = (lo + 31 * width) % Math.max(1, (COUNT - 100) * 10); store.inScores(lo, lo + width); } }],
  scan: [COUNT, () => store.scan(9000)],
  group: [COUNT, () => store.sumByCity()],
};
for (const kind of kinds) {
  const [amount, work] = works[kind]!;
  const rates: number[] = [];
  const end = performance.now() + secs * 1000;
  while (performance.now() < end) { const s = performance.now(); const p = work(); if (p instanceof Promise) await p; rates.push(amount / (performance.now() - s) * 1000); }
  const late = rates.slice(rates.length >> 1).sort((a, b) => a - b);
  console.log(which, COUNT, kind, "first k/s", (rates[0]! / 1000).toFixed(1), "median k/s", (late[late.length >> 1]! / 1000).toFixed(1));
}
await store.close(); rmSync(dir, { recursive: true });
