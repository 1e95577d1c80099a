import { newHasher } from "@millrace/compress";
import { AwsV4Signer } from "aws4fetch";
import { type HttpCall, HttpClient, type HttpErrorCodes, type HttpPatience } from "./http-client.ts";

/** Where a bucket is, and who asks. */
export interface S3Place {
  /** "https://s3.example.org"; the bucket goes into the path. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** In front of all keys: "" or one that ends in "/". */
  readonly prefix: string;
  /** Asked for once, when the first request is made. */
  credentials(): Promise<S3Credentials>;
}

/** Who asks. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** An upload in parts that was not completed. */
export interface S3Upload {
  readonly key: string;
  readonly uploadId: string;
}

/** Requests to one bucket of S3, signed. */
export class S3Bucket {
  readonly client: HttpClient;
  /** In front of all keys that are made here. */
  readonly prefix: string;
  /** Until it has refused one (Swift). */
  knowsConditions = true;
  /** Until it has refused one that held. */
  knowsIfMatch = true;
  readonly #place: S3Place;
  #credentials: Promise<S3Credentials> | undefined;

  constructor(place: S3Place, patience?: HttpPatience, codes?: HttpErrorCodes) {
    this.#place = place;
    this.prefix = place.prefix;
    this.client = new HttpClient((call) => this.#sign(call), patience, codes);
  }

  /** Of the bucket itself, with a query. */
  url(query: Readonly<Record<string, string>>): string {
    const { endpoint, bucket } = this.#place;
    const url = new URL(`${endpoint.replace(/\/+$/, "")}/${bucket}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url.href;
  }

  urlOfKey(key: string): string {
    const path = key.split("/").map(encodeURIComponent).join("/");
    return `${this.url({})}/${path}`;
  }

  /** Removes a value; fine when there is none. */
  async remove(key: string): Promise<void> {
    await this.client.send({ method: "DELETE", url: this.urlOfKey(key), expected: [404] });
  }

  /** All keys that begin so, without that, in the server's order. */
  async list(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    let token: string | undefined;
    do {
      const query = { "list-type": "2", prefix, ...(token !== undefined && { "continuation-token": token }) };
      const xml = await this.#ask(this.url(query));
      // Our keys are hexadecimal digits and dots; what somebody else put there may be anything, and is none of ours.
      for (const [, key] of xml.matchAll(/<Key>([^<]*)<\/Key>/g)) keys.push(key!.slice(prefix.length));
      token = isTruncated(xml) ? elementOf(xml, "NextContinuationToken") : undefined;
    } while (token !== undefined && token !== "");
    return keys;
  }

  /** The uploads of keys that begin so which were not completed. */
  async uploads(prefix: string): Promise<S3Upload[]> {
    const found: S3Upload[] = [];
    let after: Record<string, string> | undefined = {};
    while (after !== undefined) {
      const xml: string = await this.#ask(this.url({ uploads: "", prefix, ...after }));
      for (const [, upload] of xml.matchAll(/<Upload>(.*?)<\/Upload>/gs)) {
        found.push({
          key: elementOf(upload!, "Key") ?? "",
          uploadId: elementOf(upload!, "UploadId") ?? "",
        });
      }
      const key = elementOf(xml, "NextKeyMarker");
      const uploadId = elementOf(xml, "NextUploadIdMarker");
      const next: Record<string, string> = {
        ...(key !== undefined && { "key-marker": key }),
        ...(uploadId !== undefined && { "upload-id-marker": uploadId }),
      };
      // One that says there is more, and not from where on, would be asked for the same again and again.
      const isSame: boolean = JSON.stringify(next) === JSON.stringify(after);
      after = isTruncated(xml) && key !== undefined && !isSame ? next : undefined;
    }
    return found;
  }

  /** ETags of the parts of an upload that are stored, by number. */
  async parts({ key, uploadId }: S3Upload): Promise<Map<number, string>> {
    const parts = new Map<number, string>();
    let marker: string | undefined = "0";
    while (marker !== undefined) {
      const query = `uploadId=${encodeURIComponent(uploadId)}&part-number-marker=${marker}`;
      const xml = await this.#ask(`${this.urlOfKey(key)}?${query}`);
      for (const [, part] of xml.matchAll(/<Part>(.*?)<\/Part>/gs)) {
        parts.set(Number(elementOf(part!, "PartNumber")), elementOf(part!, "ETag") ?? "");
      }
      marker = isTruncated(xml) ? elementOf(xml, "NextPartNumberMarker") : undefined;
    }
    return parts;
  }

  async #ask(url: string): Promise<string> {
    return Buffer.from((await this.client.send({ method: "GET", url })).body).toString("utf8");
  }

  async #sign({ method, url, headers, body }: HttpCall): Promise<Readonly<Record<string, string>>> {
    this.#credentials ??= this.#place.credentials();
    const signer = new AwsV4Signer({
      method,
      url,
      // With the digest of the body signed, the server refuses what was garbled on its way.
      headers: { ...headers, "x-amz-content-sha256": await digestOf(body) },
      ...(await this.#credentials),
      region: this.#place.region,
      service: "s3",
    });
    const signed = await signer.sign();
    return Object.fromEntries(signed.headers.entries());
  }
}

async function digestOf(body: HttpCall["body"]): Promise<string> {
  const hasher = newHasher("sha256");
  const chunks = body === undefined ? [] : body instanceof Uint8Array ? [body] : body.chunks();
  for await (const chunk of chunks) hasher.update(chunk);
  return hasher.digestHex();
}

function isTruncated(xml: string): boolean {
  return /<IsTruncated>true<\/IsTruncated>/.test(xml);
}

function elementOf(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return text === undefined ? undefined : unescapeXml(text);
}

function unescapeXml(text: string): string {
  const entities: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  // Servers written in Go number the quotes of an ETag.
  return text.replaceAll(
    /&(?:#(\d+)|(lt|gt|quot|apos|amp));/g,
    (_, code: string | undefined, name: string) =>
      code === undefined ? entities[name]! : String.fromCodePoint(Number(code)),
  );
}
