import { ok, type Schemas } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { useLoaded } from "@quancheng/client/use/loaded";
import { computed, ref, watch } from "vue";

/** Whether somebody with `areas` answers for a street of the station, or for what lies in one. */
export function serves(
  station: Pick<Schemas["StationView"], "streets">,
  areas: readonly string[],
): boolean {
  return station.streets.some((street) =>
    areas.some((area) => street.startsWith(area) || area.startsWith(street)),
  );
}

/** The stations of whoever is signed in, and the one that is looked at. */
export function useStations() {
  const { api, session } = usePlatform();
  const { data, problem, reload } = useLoaded(async () => {
    const query = { limit: 200 };
    return (await ok(api.GET("/api/v1/stations", { params: { query } }))).items;
  });
  const stations = computed(() => {
    const areas = session.account.value?.grants.map(({ area }) => area) ?? [];
    return (data.value ?? []).filter((station) => serves(station, areas));
  });
  const station = ref<string | null>(null);
  watch(stations, ([first]) => {
    station.value ??= first?.id ?? null;
  });
  return { stations, station, problem, reload };
}
