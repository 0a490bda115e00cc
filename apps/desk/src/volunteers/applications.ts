import { ok, type Schemas } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { useLoaded } from "@quancheng/client/use/loaded";
import { usePages } from "@quancheng/client/use/pages";
import { useTask } from "@quancheng/client/use/task";
import { computed, ref, watch, type Ref } from "vue";

export type Applicant = Schemas["VolunteerView"];

/** The one to look at after `gone` was decided: the next, at the end the one before. */
export function after(ids: readonly string[], gone: string): string | null {
  const at = ids.indexOf(gone);
  return ids[at + 1] ?? ids[at - 1] ?? null;
}

/** Applications that wait, the longest first, and the decisions on them. */
export function useApplications() {
  const { api } = usePlatform();
  const contested = ref(false);
  const chosen = ref<string | null>(null);
  const decided = ref<ReadonlySet<string>>(new Set());
  const list = usePages((cursor) => {
    const query = { cursor, standing: "applied" as const, contested: contested.value, limit: 100 };
    return ok(api.GET("/api/v1/volunteers", { params: { query } }));
  }, contested);
  const waiting = computed(() =>
    list.items.value
      .filter(({ id }) => !decided.value.has(id))
      .sort((one, other) => one.applied_at.localeCompare(other.applied_at)),
  );
  watch(waiting, (all) => {
    if (!all.some(({ id }) => id === chosen.value)) chosen.value = all[0]?.id ?? null;
  });
  const move = (by: number) => {
    const at = waiting.value.findIndex(({ id }) => id === chosen.value);
    chosen.value = waiting.value[at + by]?.id ?? chosen.value;
  };
  return { list, waiting, contested, chosen, move, ...useDecisions(waiting, chosen, decided) };
}

function useDecisions(
  waiting: Ref<Applicant[]>,
  chosen: Ref<string | null>,
  decided: Ref<ReadonlySet<string>>,
) {
  const { api } = usePlatform();
  const done = (id: string) => {
    const ids = waiting.value.map((each) => each.id);
    chosen.value = after(ids, id);
    decided.value = new Set([...decided.value, id]);
  };
  const approving = useTask(async (id: string, squad: string | null) => {
    await ok(
      api.POST("/api/v1/volunteers/{id}/approve", { params: { path: { id } }, body: { squad } }),
    );
    done(id);
  });
  const rejecting = useTask(async (id: string, reason: string) => {
    await ok(
      api.POST("/api/v1/volunteers/{id}/reject", { params: { path: { id } }, body: { reason } }),
    );
    done(id);
    return true;
  });
  const settling = useTask(async (id: string, genuine: boolean, reason: string) => {
    const body = { genuine, reason };
    await ok(api.POST("/api/v1/volunteers/{id}/id-number", { params: { path: { id } }, body }));
    if (!genuine) done(id);
    return true;
  });
  return { approving, rejecting, settling };
}

/** One volunteer with phone and history. Each time it is read is logged. */
export function useVolunteer(id: Ref<string | null>) {
  const { api } = usePlatform();
  return useLoaded(async () => {
    if (id.value === null) return null;
    return ok(api.GET("/api/v1/volunteers/{id}", { params: { path: { id: id.value } } }));
  }, id);
}
