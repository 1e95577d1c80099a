import { JsonColumn } from "./json-column.ts";
import type { ColumnPlace } from "./staged-column.ts";
import { TimeRuns } from "./time-runs.ts";

/** Events as JSON texts with their time steps. */
export class EventColumns {
  readonly #runs: TimeRuns;
  readonly #texts: JsonColumn;

  constructor(outer: ColumnPlace) {
    const place = { ...outer, group: outer.group.createGroup("events") };
    place.group.setAttribute("encoding", "json+ends");
    place.group.setAttribute("sorted_by", "timestep");
    this.#runs = new TimeRuns(place);
    this.#texts = new JsonColumn(place, "the events as JSON, one after another");
  }

  append(timestep: number, json: Uint8Array): void {
    this.#runs.append(timestep);
    this.#texts.append(json);
  }

  flush(): void {
    this.#runs.flush();
    this.#texts.flush();
  }

  finish(): void {
    this.#runs.finish();
    this.#texts.finish();
  }
}
