import { PageCache } from "@millrace/cache";
import { describePageCache } from "../src/index.ts";

// Here and not beside the cache: the kit stands on packages that stand on the cache.
for (const policy of ["sieve", "lru"] as const) {
  describePageCache("PageCache", policy, (making) => new PageCache<number>(making));
}
