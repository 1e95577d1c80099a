import { loadCase } from "./src/catalogue.ts";

const c = await loadCase(process.argv[2]!);
const w = (await c.ours.prepare()) as () => Promise<void>;
let best = 1e9;
for (let i = 0; i < Number(process.argv[3] ?? 6); i++) {
  const t = performance.now();
  await w();
  best = Math.min(best, performance.now() - t);
}
console.log(process.argv[2], (c.amount / best / 1e3).toFixed(1), "M/s");
