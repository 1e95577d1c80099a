import { InvalidArgumentError } from "@millrace/base";

/** What a backend's location says. */
export type BackendLocation =
  | { readonly kind: "dir"; readonly path: string }
  | { readonly kind: "webdav"; readonly url: string }
  | {
      readonly kind: "sftp";
      readonly username: string;
      readonly host: string;
      readonly port: number;
      readonly path: string;
      readonly fingerprint: string;
    }
  | {
      readonly kind: "s3";
      readonly endpoint: string;
      readonly region: string;
      readonly bucket: string;
      readonly prefix: string;
    };

/**
 * Reads "dir:PATH", "s3://BUCKET/PREFIX?endpoint=https://…&region=…", "webdav:https://…" or
 * "sftp://USER@HOST:PORT/PATH?fingerprint=SHA256:…", where a PATH that begins with "~/" is below the user's own directory.
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
  const sftp =
    typeof location === "string" && location.startsWith("sftp://") ? parseSftp(location) : undefined;
  if (sftp !== undefined) return sftp;
  const expected =
    'a directory as "dir:PATH", a bucket as "s3://BUCKET/PREFIX?endpoint=URL&region=NAME", "webdav:URL", or "sftp://USER@HOST:PORT/PATH?fingerprint=SHA256:…"';
  throw new InvalidArgumentError("STORE_BACKEND_LOCATION", `backend ${name}`, location, expected);
}

/** What two backends must not have both: they would be lost together. */
export function placeOf(location: BackendLocation): string {
  if (location.kind === "dir") return location.path.replace(/\/+$/, "");
  if (location.kind === "webdav") return location.url;
  if (location.kind === "sftp") return `sftp ${location.host}:${location.port} ${location.path}`;
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

function parseSftp(location: string): BackendLocation | undefined {
  if (!URL.canParse(location)) return undefined;
  const { hostname, port, username, password, pathname, searchParams } = new URL(location);
  const isKnown = [...searchParams.keys()].every((key) => key === "fingerprint");
  const path = decodeURIComponent(pathname)
    .replace(/\/+$/, "")
    .replace(/^\/~\//, "");
  // A password has no business in a configuration.
  if (!isKnown || hostname === "" || username === "" || password !== "" || path === "") return undefined;
  return {
    kind: "sftp",
    username: decodeURIComponent(username),
    host: hostname.replaceAll(/^\[|\]$/g, ""),
    port: port === "" ? 22 : Number(port),
    path,
    // A "+" of base64 is a space in a query.
    fingerprint: (searchParams.get("fingerprint") ?? "").replaceAll(" ", "+"),
  };
}
