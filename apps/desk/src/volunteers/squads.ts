import { ok, type Schemas } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { useLoaded } from "@quancheng/client/use/loaded";
import { computed, type Ref } from "vue";

export type Squad = Schemas["SquadView"];

/** All squads of a station, by name. */
export function useSquadsOf(station: Ref<string | null>) {
  const { api } = usePlatform();
  const { data, problem, busy, reload } = useLoaded(async () => {
    const found: Squad[] = [];
    if (station.value === null) return found;
    let cursor: string | undefined;
    do {
      const query = { station: station.value, cursor, limit: 200 };
      const page = await ok(api.GET("/api/v1/squads", { params: { query } }));
      found.push(...page.items);
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    return found.sort((one, other) => one.name.localeCompare(other.name, "zh"));
  }, station);
  const squads = computed(() => data.value ?? []);
  const nameOf = (id: string | null): string | null =>
    id === null ? null : (squads.value.find((each) => each.id === id)?.name ?? id);
  return { squads, nameOf, problem, busy, reload };
}
