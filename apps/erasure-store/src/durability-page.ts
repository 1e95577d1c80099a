import { formatByteSize } from "@millrace/base";
import { type LineSeries, linesSvg } from "@millrace/plot";
import { checkModel, type DurabilityModel, durabilityOf } from "./durability.ts";

/** Parity shards for which there is a curve: one below those of the model to two above. */
function parities({ parityShards }: Required<DurabilityModel>): number[] {
  return [-1, 0, 1, 2].map((step) => parityShards + step).filter((count) => count >= 0);
}

/** 10, 20, 50, 100 … from one power of ten to another. */
function decades(from: number, to: number): number[] {
  const values: number[] = [];
  for (let power = from; power <= to; power++) {
    for (const digit of power === to ? [1] : [1, 2, 5]) values.push(digit * 10 ** power);
  }
  return values;
}

/** Lines of one result over one value of the model, one for each number of parity shards. */
function curves(
  model: Required<DurabilityModel>,
  x: readonly number[],
  change: (value: number) => DurabilityModel,
  y: (result: ReturnType<typeof durabilityOf>) => number,
): LineSeries[] {
  return parities(model).map((parityShards) => ({
    name: `${model.dataShards}+${parityShards}`,
    x,
    y: x.map((value) => y(durabilityOf({ ...model, disks: 0, parityShards, ...change(value) }))),
  }));
}

/**
 * A page of HTML with the curves of a model: nines over the time of a repair, over the failure rate of disks and over
 * that of domains, and what repairs read and write in a day, from ten disks to a million. Its pictures are in it.
 * @throws InvalidArgumentError for a value outside its range
 */
export function durabilityPage(given: DurabilityModel): string {
  const model = checkModel(given);
  const { dataShards, parityShards } = model;
  const result = durabilityOf(model);
  const nines = { yLabel: "nines", xScale: "log", widthPixels: 760 } as const;
  // What repairs move depends on the data shards alone.
  const traffic = [dataShards / 2, dataShards, dataShards * 2]
    .filter((count) => Number.isInteger(count) && count + parityShards <= 256)
    .map((count) => {
      const x = decades(1, 6).filter((disks) => disks >= count + parityShards);
      const bytes = (disks: number): number =>
        durabilityOf({ ...model, dataShards: count, shardsPerDomain: 1, disks }).repairBytesPerDay;
      return {
        name: `${count}+${parityShards}`,
        x,
        y: x.map((disks) => Math.log10(bytes(disks))),
      };
    });
  const pictures = [
    linesSvg(
      curves(
        model,
        decades(0, 3),
        (repairHours) => ({ repairHours }),
        (of) => of.nines,
      ),
      { ...nines, title: "Durability by the time of a repair", xLabel: "hours until a lost disk is rebuilt" },
    ),
    linesSvg(
      curves(
        model,
        decades(-3, -1),
        (annualFailureRate) => ({ annualFailureRate }),
        (of) => of.nines,
      ),
      {
        ...nines,
        title: "Durability by the failure rate of disks",
        xLabel: "disks that fail in a year, part of all",
      },
    ),
    linesSvg(
      curves(
        model,
        decades(-4, -1),
        (annualDomainFailureRate) => ({ annualDomainFailureRate }),
        (of) => of.nines,
      ),
      {
        ...nines,
        title: `Durability by the failure rate of domains (shards of an object in each: ${model.shardsPerDomain})`,
        xLabel: "domains that are lost in a year, part of all",
      },
    ),
    linesSvg(traffic, {
      ...nines,
      yLabel: "bytes a day, power of ten",
      title: "Traffic of repairs, from ten disks to a million",
      xLabel: "disks",
    }),
  ];
  const facts = [
    ["shards", `${dataShards} data, ${parityShards} parity, ${model.shardsPerDomain} a domain`],
    ["disks that fail in a year", `${model.annualFailureRate * 100} %`],
    ["domains that are lost in a year", `${model.annualDomainFailureRate * 100} %`],
    ["time of a repair", `${model.repairHours} hours`],
    ["bytes on a disk", formatByteSize(model.diskBytes)],
    [
      "loss of an object in a year",
      `${result.annualLoss.toExponential(2)} (${result.nines.toFixed(1)} nines)`,
    ],
    [`of ${model.objects} objects lost in a year`, result.objectsLostPerYear.toExponential(2)],
    ["stored bytes for each byte", result.overhead.toFixed(2)],
  ];
  const rows = facts.map(([name, value]) => `<tr><th>${name}</th><td>${value}</td></tr>`);
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Durability of ${dataShards}+${parityShards}</title>
<style>body { font: 16px system-ui, sans-serif; max-width: 800px; margin: 2em auto; } th { text-align: left; padding-right: 2em; font-weight: normal; } svg { display: block; margin: 2em 0; }</style>
</head>
<body>
<h1>Durability of ${dataShards}+${parityShards}</h1>
<table>${rows.join("")}</table>
<p>Disks fail independently of each other at a constant rate; a domain's loss takes all of its disks at once. By the closed formula.</p>
${pictures.join("\n")}
</body>
</html>
`;
}
