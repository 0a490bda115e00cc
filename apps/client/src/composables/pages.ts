import { onScopeDispose, shallowRef, watch, type WatchSource } from "vue";
import { Problem } from "../problem";

export interface Page<T> {
  items: T[];
  next: string | null;
}

/** A list that comes in pages, begun again whenever one of `sources` changes: filters are refs. */
export function usePages<T>(
  load: (cursor: string | undefined) => Promise<Page<T>>,
  ...sources: WatchSource[]
) {
  const items = shallowRef<readonly T[]>([]);
  const problem = shallowRef<Problem | null>(null);
  const busy = shallowRef(false);
  const complete = shallowRef(false);
  let cursor: string | undefined;
  let turn = 0;

  async function next(): Promise<void> {
    if (busy.value || complete.value) return;
    await append(turn);
  }

  async function restart(): Promise<void> {
    cursor = undefined;
    complete.value = false;
    await append(++turn);
  }

  async function append(mine: number): Promise<void> {
    const first = cursor === undefined;
    busy.value = true;
    problem.value = null;
    try {
      const page = await load(cursor);
      if (mine !== turn) return;
      items.value = first ? page.items : [...items.value, ...page.items];
      cursor = page.next ?? undefined;
      complete.value = page.next === null;
    } catch (reason) {
      if (!(reason instanceof Problem)) throw reason;
      if (mine === turn) problem.value = reason;
    } finally {
      if (mine === turn) busy.value = false;
    }
  }
  watch(sources, () => void restart(), { immediate: true });
  onScopeDispose(() => {
    turn++;
  });
  return { items, problem, busy, complete, next, restart };
}
