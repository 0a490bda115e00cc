import { readonly, ref, shallowRef } from "vue";
import { Problem } from "../problem";

/** Work that a person waits for: `busy` while it runs, `problem` when it went wrong. While it runs it
 * is not begun again, so that a second tap does nothing. */
export function useTask<A extends unknown[], T>(work: (...given: A) => Promise<T>) {
  const busy = ref(false);
  const problem = shallowRef<Problem | null>(null);

  /** Undefined if it went wrong, or runs already. */
  async function run(...given: A): Promise<T | undefined> {
    if (busy.value) return undefined;
    busy.value = true;
    problem.value = null;
    try {
      return await work(...given);
    } catch (reason) {
      if (!(reason instanceof Problem)) throw reason;
      problem.value = reason;
      return undefined;
    } finally {
      busy.value = false;
    }
  }
  return { run, busy: readonly(busy), problem };
}
