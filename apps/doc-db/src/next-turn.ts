import { setImmediate } from "node:timers/promises";

/** How long loops may go on before others get their turn. */
const TURN_MS = 20;

let endsMs = 0;

/**
 * What a long loop waits for between its parts: where all that it reads is in memory, its promises leave no time for
 * timers, sockets and signals. One turn is for all loops of the process.
 * @returns undefined while the turn goes on
 */
export function nextTurn(): Promise<void> | undefined {
  return performance.now() < endsMs ? undefined : giveWay();
}

async function giveWay(): Promise<void> {
  await setImmediate();
  endsMs = performance.now() + TURN_MS;
}
