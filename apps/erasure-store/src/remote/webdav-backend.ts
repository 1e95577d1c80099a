import { IoError } from "@millrace/base";
import type { TemporarySpace } from "@millrace/files";
import { HttpClient, type HttpPatience } from "@millrace/remote";
import type { Area, BackendSource, BackendWriter, HalfWritten, ShardBackend } from "../backend.ts";
import { probeBackend, type Trait } from "../probe.ts";
import { BACKEND_ERROR_CODES } from "./http-settings.ts";
import { remoteSource } from "./remote-source.ts";
import { WebDavLock } from "./webdav-lock.ts";
import { WebDavWriter } from "./webdav-writer.ts";

/** A user of a WebDAV server. */
export interface WebDavCredentials {
  readonly username: string;
  readonly password: string;
}

/** MKCOL of what is there already (RFC 4918, section 9.3.1). */
const EXISTS = 405;

/** A backend on a WebDAV server: `<url>/manifests/<key>`, `<url>/shards/<key>`. */
export class WebDavBackend implements ShardBackend {
  readonly name: string;
  readonly #url: string;
  readonly #client: HttpClient;
  readonly #temporary: TemporarySpace;
  readonly #lock: WebDavLock;

  /** @param url - of a collection, without "/" at its end */
  constructor(
    name: string,
    url: string,
    credentials: () => Promise<WebDavCredentials>,
    temporary: TemporarySpace,
    patience?: HttpPatience,
  ) {
    this.name = name;
    this.#temporary = temporary;
    this.#url = url;
    let header: Promise<string> | undefined;
    const authorization = async (): Promise<string> => {
      const { username, password } = await credentials();
      return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
    };
    this.#client = new HttpClient(
      async ({ headers }) => {
        header ??= authorization();
        return { ...headers, authorization: await header };
      },
      patience,
      BACKEND_ERROR_CODES,
    );
    this.#lock = new WebDavLock(this.#client, url);
  }

  async check(): Promise<void> {
    await this.#propfind(`${this.#url}/shards/`, 0);
  }

  async prepare(): Promise<void> {
    for (const path of ["", "/manifests", "/shards"]) {
      // A root that cannot be made is there already; what cannot be made in it tells.
      await this.#client.send({ method: "MKCOL", url: `${this.#url}${path}/`, expected: [EXISTS, 409, 403] });
    }
    await this.check();
  }

  async create(area: Area, key: string): Promise<BackendWriter> {
    return new WebDavWriter(this.#client, this.#urlOf(area, key), this.#temporary);
  }

  open(area: Area, key: string, signal?: AbortSignal): Promise<BackendSource> {
    return remoteSource(this.#client, this.#urlOf(area, key), signal);
  }

  async list(area: Area): Promise<string[]> {
    const names = await this.#propfind(`${this.#url}/${area}/`, 1);
    // What begins with "." is a value that somebody is still writing.
    return names.filter((name) => name !== area && !name.startsWith(".")).sort();
  }

  async remove(area: Area, key: string): Promise<void> {
    await this.#client.send({ method: "DELETE", url: this.#urlOf(area, key), expected: [404] });
  }

  probe(): Promise<Trait[]> {
    return probeBackend(this);
  }

  async halfWritten(): Promise<HalfWritten[]> {
    const found: HalfWritten[] = [];
    for (const area of ["manifests", "shards"] as const) {
      for (const name of await this.#propfind(`${this.#url}/${area}/`, 1)) {
        if (/^\..+\.tmp$/.test(name)) found.push({ name, remove: () => this.remove(area, name) });
      }
    }
    // Locks that were not taken.
    for (const name of await this.#propfind(`${this.#url}/`, 1)) {
      const remove = async (): Promise<void> => {
        await this.#client.send({ method: "DELETE", url: `${this.#url}/${name}/`, expected: [404] });
      };
      if (/^\.lock\..+\.tmp$/.test(name)) found.push({ name, remove });
    }
    return found;
  }

  lock(): Promise<AsyncDisposable> {
    return this.#lock.take();
  }

  /** The last parts of the paths of a collection and, with depth 1, of what is in it. */
  async #propfind(url: string, depth: 0 | 1): Promise<string[]> {
    const { body, status } = await this.#client.send({
      method: "PROPFIND",
      url,
      headers: { depth: String(depth), "content-type": "application/xml" },
      body: new TextEncoder().encode(PROPFIND_BODY),
    });
    if (status !== 207) {
      throw new IoError(
        "STORE_BACKEND_REFUSED",
        url,
        "PROPFIND",
        `the server answers ${status}; is it WebDAV?`,
      );
    }
    const hrefs = Buffer.from(body)
      .toString("utf8")
      .matchAll(/<(?:\w+:)?href[^>]*>([^<]*)</gi);
    return Array.from(hrefs, ([, href]) => decodeURIComponent(href!.replace(/\/+$/, "").split("/").at(-1)!));
  }

  #urlOf(area: Area, key: string): string {
    return `${this.#url}/${area}/${encodeURIComponent(key)}`;
  }
}

const PROPFIND_BODY =
  '<?xml version="1.0"?><propfind xmlns="DAV:"><prop><getcontentlength/></prop></propfind>';
