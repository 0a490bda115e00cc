import { onScopeDispose, shallowRef, watch, type WatchSource } from "vue";
import { Problem } from "../problem";

/** What a page shows, loaded again whenever one of `sources` changes. An older answer never replaces
 * a newer one, and a problem leaves what was shown in place. */
export function useLoaded<T>(load: () => Promise<T>, ...sources: WatchSource[]) {
  const data = shallowRef<T | null>(null);
  const problem = shallowRef<Problem | null>(null);
  const busy = shallowRef(false);
  let turn = 0;

  async function reload(): Promise<void> {
    const mine = ++turn;
    busy.value = true;
    try {
      const found = await load();
      if (mine !== turn) return;
      data.value = found;
      problem.value = null;
    } catch (reason) {
      if (!(reason instanceof Problem)) throw reason;
      if (mine === turn) problem.value = reason;
    } finally {
      if (mine === turn) busy.value = false;
    }
  }
  watch(sources, () => void reload(), { immediate: true });
  onScopeDispose(() => {
    turn++;
  });
  return { data, problem, busy, reload };
}
