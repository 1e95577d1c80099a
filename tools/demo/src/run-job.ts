import type { Job } from "./job.ts";

// The program of one job's own process, so that its peak memory is its own: prints the report as JSON.

const [name, directory, dataDirectory] = process.argv.slice(2);
const { job } = (await import(`./jobs/${name}.ts`)) as { job: Job };
process.stdout.write(`${JSON.stringify(await job({ directory: directory!, dataDirectory }))}\n`);
