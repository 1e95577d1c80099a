import type { Value } from "../../document/value.ts";
import { double, isNumeric, toNumber } from "../number.ts";

/** A covariance by Welford's method; pairs that are not two numbers are passed over. */
export class Covariance {
  #count = 0;
  #meanX = 0;
  #meanY = 0;
  #products = 0;

  add([x, y]: readonly [Value, Value]): void {
    if (!isNumeric(x) || !isNumeric(y)) return;
    this.#count++;
    const deltaX = toNumber(x) - this.#meanX;
    this.#meanX += deltaX / this.#count;
    this.#meanY += (toNumber(y) - this.#meanY) / this.#count;
    this.#products += deltaX * (toNumber(y) - this.#meanY);
  }

  /** @param missing - 0 for the population, 1 for a sample of it */
  result(missing: 0 | 1): Value {
    return this.#count <= missing ? null : double(this.#products / (this.#count - missing));
  }
}
