import type { PageWriter } from "./page-writer.ts";
import type { Pager } from "./pager.ts";

/** One change of a group. */
interface Member {
  readonly change: (pager: PageWriter) => unknown;
  result: unknown;
  /** Its own commit, where the group was taken apart. */
  own: Promise<void> | undefined;
}

/** Changes that become one commit. */
interface Group {
  readonly members: Member[];
  readonly done: PromiseWithResolvers<void>;
}

/**
 * Runs changes at once, and commits those of one turn of the event loop together: a page that many of them change is
 * copied, compared and logged once.
 *
 * A change that throws has no part in it: the others are run again, each as a commit of its own.
 */
export class GroupWriter {
  readonly #pager: Pager;
  readonly #committed: (error: unknown) => void;
  #group: Group | undefined;

  /** @param committed - is called after each commit, with the error of one that failed */
  constructor(pager: Pager, committed: (error: unknown) => void) {
    this.#pager = pager;
    this.#committed = committed;
  }

  /** @returns the change's result, once it is as safe as the log's durability says */
  async run<T>(change: (pager: PageWriter) => T): Promise<T> {
    const group = this.#group ?? this.#begin();
    const member: Member = { change, result: undefined, own: undefined };
    try {
      member.result = change(this.#pager);
    } catch (error) {
      this.#takeApart(group);
      throw error;
    }
    group.members.push(member);
    await group.done.promise;
    if (member.own !== undefined) await member.own;
    return member.result as T;
  }

  /** Commits what was changed so far, before others look at commits or change pages in another way. */
  flush(): void {
    const group = this.#group;
    if (group === undefined) return;
    this.#group = undefined;
    this.#commit().then(group.done.resolve, group.done.reject);
  }

  #begin(): Group {
    const group: Group = { members: [], done: Promise.withResolvers() };
    this.#group = group;
    // Behind whatever else was started in this turn.
    queueMicrotask(() => {
      if (this.#group === group) this.flush();
    });
    return group;
  }

  async #commit(): Promise<void> {
    try {
      await this.#pager.commit();
    } catch (error) {
      this.#committed(error);
      throw error;
    }
    this.#committed(undefined);
  }

  #takeApart(group: Group): void {
    this.#group = undefined;
    this.#pager.rollback();
    for (const member of group.members) {
      try {
        member.result = member.change(this.#pager);
        member.own = this.#commit();
      } catch (error) {
        this.#pager.rollback();
        member.own = Promise.reject(error);
      }
      // Whoever waits for it hears of it in his turn.
      member.own.catch(() => {});
    }
    group.done.resolve();
  }
}
