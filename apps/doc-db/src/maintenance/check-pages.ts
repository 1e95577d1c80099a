import { isMillraceError } from "@millrace/base";
import { nextTurn } from "../next-turn.ts";
import type { ReportBytes } from "../report-bytes.ts";
import type { Executor } from "../storage/executor.ts";
import { freeCountOf, freeHeadOf, nextFreeOf, pageCountOf } from "../storage/meta-page.ts";
import { META_PAGE, PAGE_TYPE } from "../storage/page-format.ts";
import type { PageReader } from "../storage/page-reader.ts";

/** Pages looked at before others get their turn. */
const BATCH_PAGES = 256;

/**
 * Reads every page and checks it, and the chain of free ones.
 * @param onProgress - told how many bytes of all were looked at
 * @returns what is wrong, a sentence each
 */
export async function checkPages(
  engine: Executor,
  signal?: AbortSignal,
  onProgress?: ReportBytes,
): Promise<string[]> {
  const problems: string[] = [];
  const [count, pageBytes] = await engine.read((pager) => [
    pageCountOf(pager.read(META_PAGE)),
    pager.pageBytes,
  ]);
  for (let start = META_PAGE; start < count; start += BATCH_PAGES) {
    await nextTurn();
    signal?.throwIfAborted();
    for (let number = start; number < Math.min(count, start + BATCH_PAGES); number++) {
      try {
        await engine.read((pager) => pager.read(number));
      } catch (error) {
        if (!isMillraceError(error, "DOCDB_PAGE_CORRUPT") && !isMillraceError(error, "DOCDB_PAGE_MISSING"))
          throw error;
        problems.push(error.message);
      }
    }
    onProgress?.(Math.min(count, start + BATCH_PAGES) * pageBytes, count * pageBytes);
  }
  if (problems.length === 0) problems.push(...(await engine.read((pager) => checkFreeChain(pager))));
  return problems;
}

function checkFreeChain(pager: PageReader): string[] {
  const meta = pager.read(META_PAGE);
  const expected = freeCountOf(meta);
  let found = 0;
  for (let number = freeHeadOf(meta); number !== 0 && found <= expected; found++) {
    const page = pager.read(number);
    if (page[4] !== PAGE_TYPE.free) return [`page ${number} is on the chain of free pages and is none`];
    number = nextFreeOf(page);
  }
  return found === expected ? [] : [`${found} pages on the chain of free ones, counted as ${expected}`];
}
