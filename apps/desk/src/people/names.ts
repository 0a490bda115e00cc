import { ok } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { Problem } from "@quancheng/client/problem";
import { shallowReactive } from "vue";

/** How many the platform names in one answer. */
const BATCH = 50;
/** Who is named by this page already. A name that is read is logged: ask once, and only for what is
 * shown. Null: asked for, and not ours to read. */
type Names = Map<string, string | null>;

/** Names beside ids, for those who may read them; the others see the end of the id. */
export function useNames() {
  const { api, session } = usePlatform();
  const names: Names = shallowReactive(new Map());
  const may = () =>
    session.account.value?.grants.some(({ role }) => role === "officer" || role === "leader") ??
    false;

  /** Finds the names of `ids`. Where it cannot, the ids stay: a list is useful without names. */
  async function look(ids: readonly (string | null)[]): Promise<void> {
    const wanted = [...new Set(ids)].filter(isPerson).filter((id) => !names.has(id));
    if (!may()) return;
    for (let first = 0; first < wanted.length; first += BATCH) {
      const batch = wanted.slice(first, first + BATCH);
      for (const id of batch) names.set(id, null);
      try {
        const query = { ids: batch };
        const found = await ok(api.GET("/api/v1/people", { params: { query } }));
        for (const { id, name } of found.items) names.set(id, name);
      } catch (reason) {
        if (!(reason instanceof Problem)) throw reason;
        for (const id of batch) names.delete(id);
        return;
      }
    }
  }

  const name = (id: string): string => names.get(id) ?? shortened(id);
  return { name, look };
}

/** Whether it is a person's account, not a rule of the platform. */
function isPerson(id: string | null): id is string {
  return id !== null && id !== "system";
}

/** The end of an id, by which two people differ: `…4f2a`. */
export function shortened(id: string): string {
  return id.length > 8 ? `…${id.slice(-6)}` : id;
}
