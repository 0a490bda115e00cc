import { ok, type Schemas } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { useLoaded } from "@quancheng/client/use/loaded";
import { useTask } from "@quancheng/client/use/task";
import { computed, onScopeDispose, shallowRef, watch } from "vue";
import { useAreas } from "../people/areas";
import { useNames } from "../people/names";
import { useLive } from "../live";
import { useRoles } from "../roles";

export type Watch = Schemas["WatchView"];
export interface AreaWatch {
  area: string;
  /** Null: nobody has ever taken it. */
  watch: Watch | null;
}

/** One line for each of the officer's own areas, and for each watch within them that is held. */
export function watchesOf(areas: readonly string[], watches: readonly Watch[]): AreaWatch[] {
  const own = areas.map((area) => ({
    area,
    watch: watches.find((each) => each.area === area) ?? null,
  }));
  const within = watches.filter((each) => !areas.includes(each.area) && each.by !== null);
  return [...own, ...within.map((each) => ({ area: each.area, watch: each }))];
}

/** The watches of the officer's areas: take, give back, offer, accept. */
export function useWatches() {
  const { api } = usePlatform();
  const { account, areas } = useRoles();
  const names = useNames();
  const areaNames = useAreas();
  const colleagues = shallowRef<string[]>([]);
  const loaded = useLoaded(
    async () =>
      areas.value.length
        ? ok(api.GET("/api/v1/watches", { params: { query: { limit: 200 } } }))
        : null,
    areas,
  );
  const rows = computed(() =>
    loaded.data.value ? watchesOf(areas.value, loaded.data.value.items) : [],
  );
  watch(rows, (all) => {
    void names.look(all.flatMap((row) => [row.watch?.by ?? null, row.watch?.to ?? null]));
    void areaNames.look(all.map(({ area }) => area));
  });
  const timer = setInterval(() => void loaded.reload(), 60_000);
  onScopeDispose(() => {
    clearInterval(timer);
  });
  useLive(() => void loaded.reload());

  /** Officers who could take it over. */
  const asking = useTask(async (area: string) => {
    colleagues.value = [];
    const query = { role: "officer" as const, area, limit: 200 };
    const found = await ok(api.GET("/api/v1/grants", { params: { query } }));
    const ids = found.items.map((each) => each.account);
    colleagues.value = ids.filter((id) => id !== account.value?.id);
    await names.look(colleagues.value);
  });
  const changing = useTask(async (work: () => Promise<unknown>) => {
    try {
      await work();
    } finally {
      await loaded.reload();
    }
  });
  const of = (id: string) => ({ params: { path: { id } } });
  return {
    ...loaded,
    account,
    rows,
    names,
    areaNames,
    colleagues,
    asking,
    changing,
    take: (area: string) => changing.run(() => ok(api.POST("/api/v1/watches", { body: { area } }))),
    release: (id: string) =>
      changing.run(() => ok(api.POST("/api/v1/watches/{id}/release", of(id)))),
    accept: (id: string) => changing.run(() => ok(api.POST("/api/v1/watches/{id}/accept", of(id)))),
    offer: (id: string, to: string) =>
      changing.run(() => ok(api.POST("/api/v1/watches/{id}/offer", { ...of(id), body: { to } }))),
  };
}
