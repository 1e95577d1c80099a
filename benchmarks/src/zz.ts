import { mkdtempSync, rmSync } from "node:fs";
import { STORES, fill, further } from "./docdb/contenders.ts";
const which = process.argv[2] ?? "millrace", what = process.argv[3] ?? "insert", safety = (process.argv[4] ?? "os") as "os"|"disk";
const secs = Number(process.argv[5] ?? 5);
const dir = mkdtempSync("/tmp/zz-");
const store = await STORES.find(([n]) => n === which)![1](dir, safety);
const COUNT = 20000;
await fill(store, COUNT);
const docs = further(200000, COUNT, COUNT + 200000);
let at = 0, id = 0;
const run = async () => {
  if (what === "insert") for (let i = 0; i < 100; i++) await store.insert(docs[at++]!);
  else if (what === "waiting") await Promise.all(Array.from({ length: 100 }, () => store.insert(docs[at++]!)));
  else for (let i = 0; i < 100; i++) { id = (id + 7919) % COUNT; await store.addScore(id, 1); }
};
const end = performance.now() + secs * 1000;
const rates: number[] = [];
let n = 0;
const cpu0 = process.cpuUsage(), t0 = performance.now();
const utime = () => (process as any).threadCpuUsage ? (process as any).threadCpuUsage() : process.cpuUsage();
const th0 = utime();
while (performance.now() < end && at < docs.length - 200) {
  const s = performance.now(); await run(); rates.push(100 / (performance.now() - s) * 1000); n += 100;
}
const th = utime(), cpu = process.cpuUsage(cpu0);
const dt = performance.now() - t0;
rates.sort((a, b) => a - b);
console.log(which, what, safety, "median/s", Math.round(rates[rates.length >> 1]!), "avg/s", Math.round(n / dt * 1000), "main µs each: user", ((th.user - th0.user) / n).toFixed(1), "sys", ((th.system - th0.system) / n).toFixed(1), "all cpu", ((cpu.user + cpu.system) / n).toFixed(1));
await store.close(); rmSync(dir, { recursive: true });
