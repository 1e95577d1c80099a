import { type SeededRandom, seededRandom } from "@millrace/base";

/** A document of the benchmarks: about 1 KiB of JSON. */
export interface Person {
  readonly _id: number;
  /** Indexed; some 13 documents have the same. */
  readonly group: number;
  /** Indexed; integers up to ten times the number of documents. */
  readonly score: number;
  readonly name: string;
  readonly email: string;
  readonly city: string;
  readonly isActive: boolean;
  readonly balance: number;
  readonly joined: string;
  readonly tags: readonly string[];
  readonly address: { readonly street: string; readonly zip: number; readonly geo: readonly number[] };
  readonly text: string;
}

/** Documents that have one group, on average. */
export const PER_GROUP = 13;
/** How many cities there are. */
const CITIES = 50;
const TEXT_BYTES = 640;
const SYLLABLES = "ba be bi bo bu da de di do du ka ke ki ko ku la le li lo lu ma me mi mo mu".split(" ");

/** The indexed fields of one of `count` documents. */
export function drawGroupAndScore(random: SeededRandom, count: number): Pick<Person, "group" | "score"> {
  return {
    group: random.nextInt(0, Math.ceil(count / PER_GROUP) - 1),
    score: random.nextInt(0, count * 10),
  };
}

/**
 * Documents made of a seed: names and text of random words, which compress as text does, not as zeros do.
 * @param count - how many there are in all, which groups and scores depend on
 * @param first - `_id` of the first one made, so that a part can be made alone
 */
export function* people(count: number, first = 0, end: number = count): Generator<Person, void, undefined> {
  for (let id = first; id < end; id++) {
    const random = seededRandom(id + 1);
    const word = (): string => {
      let text = "";
      for (let n = random.nextInt(1, 4); n > 0; n--)
        text += SYLLABLES[random.nextInt(0, SYLLABLES.length - 1)];
      return text;
    };
    const name = `${word()} ${word()}`;
    let text = word();
    while (text.length < TEXT_BYTES) text += ` ${word()}`;
    const person: Person = {
      _id: id,
      ...drawGroupAndScore(random, count),
      name,
      email: `${name.replace(" ", ".")}@${word()}.example`,
      city: `city ${random.nextInt(0, CITIES - 1)}`,
      isActive: random.nextInt(0, 1) === 1,
      balance: random.nextInt(0, 1_000_000) / 100,
      joined: new Date(1.5e12 + random.nextInt(0, 2 ** 30) * 100).toISOString(),
      tags: [word(), word(), word()],
      address: {
        street: `${random.nextInt(1, 200)} ${word()} street`,
        zip: random.nextInt(10_000, 99_999),
        geo: [random.nextInt(-180_000, 180_000) / 1000, random.nextInt(-90_000, 90_000) / 1000],
      },
      text,
    };
    // As an application has them: strings that were put together of parts are made whole when first read, and that
    // work, with the garbage that it leaves, would count as the database's.
    yield JSON.parse(JSON.stringify(person)) as Person;
  }
}
