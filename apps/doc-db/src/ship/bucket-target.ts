import { InvalidArgumentError, MillraceError } from "@millrace/base";
import { S3Bucket, type S3Place } from "@millrace/remote";
import type { Environment, ShipTarget } from "./target.ts";

const NOT_FOUND = 404;

/** A bucket of S3, or what lies below a prefix in it. */
export class BucketTarget implements ShipTarget {
  readonly name: string;
  readonly #bucket: S3Bucket;

  constructor(name: string, place: S3Place) {
    this.name = name;
    this.#bucket = new S3Bucket(place);
  }

  async put(key: string, body: Uint8Array): Promise<void> {
    await this.#bucket.client.send({ method: "PUT", url: this.#urlOf(key), body });
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const call = { method: "GET", url: this.#urlOf(key), expected: [NOT_FOUND] };
    const { status, body } = await this.#bucket.client.send(call);
    return status === NOT_FOUND ? undefined : body;
  }

  async list(folder: string): Promise<string[]> {
    const keys = await this.#bucket.list(this.#bucket.prefix + folder);
    return keys.map((key) => folder + key).sort();
  }

  remove(key: string): Promise<void> {
    return this.#bucket.remove(this.#bucket.prefix + key);
  }

  #urlOf(key: string): string {
    return this.#bucket.urlOfKey(this.#bucket.prefix + key);
  }
}

/** Reads "s3://BUCKET/PREFIX". @throws InvalidArgumentError `DOCDB_SHIP_TARGET` */
export function bucketOf(location: string, environment: Environment): S3Place {
  const { hostname, pathname, search, username } = URL.canParse(location)
    ? new URL(location)
    : { hostname: "", pathname: "", search: "", username: "" };
  if (hostname === "" || search !== "" || username !== "") {
    const expected =
      '"s3://BUCKET/PREFIX" and nothing else: endpoint, region and keys are AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';
    throw new InvalidArgumentError("DOCDB_SHIP_TARGET", "ship target", location, expected);
  }
  const region = environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION ?? "us-east-1";
  const prefix = decodeURIComponent(pathname).replaceAll(/^\/+|\/+$/g, "");
  return {
    endpoint: environment.AWS_ENDPOINT_URL ?? `https://s3.${region}.amazonaws.com`,
    region,
    bucket: hostname,
    prefix: prefix === "" ? "" : `${prefix}/`,
    credentials: async () => ({
      accessKeyId: needed(environment, "AWS_ACCESS_KEY_ID", location),
      secretAccessKey: needed(environment, "AWS_SECRET_ACCESS_KEY", location),
    }),
  };
}

function needed(environment: Environment, name: string, location: string): string {
  const value = environment[name];
  if (value !== undefined && value !== "") return value;
  throw new MillraceError("DOCDB_SHIP_CREDENTIALS", `${location}: set ${name}; it says who asks the bucket`);
}
