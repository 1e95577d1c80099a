import { InvalidArgumentError } from "@millrace/base";

/** What a backend's location says. */
export type BackendLocation =
  | { readonly kind: "dir"; readonly path: string }
  | { readonly kind: "webdav"; readonly url: string }
  | {
      readonly kind: "s3";
      readonly endpoint: string;
      readonly region: string;
      readonly bucket: string;
      readonly prefix: string;
    };

/**
 * Reads "dir:PATH", "s3://BUCKET/PREFIX?endpoint=https://…&region=…" or "webdav:https://…".
 * @param name - the backend's, for messages
 * @throws InvalidArgumentError `STORE_BACKEND_LOCATION`
 */
export function parseLocation(name: string, location: unknown): BackendLocation {
  if (typeof location === "string" && location.startsWith("dir:") && location.length > 4) {
    return { kind: "dir", path: location.slice(4) };
  }
  const [, url] = typeof location === "string" ? (/^webdav:(https?:\/\/.+)$/.exec(location) ?? []) : [];
  if (url !== undefined && URL.canParse(url)) return { kind: "webdav", url: url.replace(/\/+$/, "") };
  const s3 = typeof location === "string" && location.startsWith("s3://") ? parseS3(location) : undefined;
  if (s3 !== undefined) return s3;
  const expected =
    'a directory as "dir:PATH", a bucket as "s3://BUCKET/PREFIX?endpoint=URL&region=NAME", or "webdav:URL"';
  throw new InvalidArgumentError("STORE_BACKEND_LOCATION", `backend ${name}`, location, expected);
}

/** What two backends must not have both: they would be lost together. */
export function placeOf(location: BackendLocation): string {
  if (location.kind === "dir") return location.path.replace(/\/+$/, "");
  if (location.kind === "webdav") return location.url;
  return `s3 ${location.endpoint}/${location.bucket}/${location.prefix}`;
}

function parseS3(location: string): BackendLocation | undefined {
  if (!URL.canParse(location)) return undefined;
  const { hostname, pathname, searchParams } = new URL(location);
  const region = searchParams.get("region") ?? "us-east-1";
  const endpoint = searchParams.get("endpoint") ?? `https://s3.${region}.amazonaws.com`;
  const isKnown = [...searchParams.keys()].every((key) => key === "endpoint" || key === "region");
  if (!isKnown || hostname === "" || !/^https?:\/\//.test(endpoint) || !URL.canParse(endpoint))
    return undefined;
  const prefix = pathname.replaceAll(/^\/+|\/+$/g, "");
  return {
    kind: "s3",
    endpoint: endpoint.replace(/\/+$/, ""),
    region,
    bucket: hostname,
    prefix: prefix === "" ? "" : `${prefix}/`,
  };
}
