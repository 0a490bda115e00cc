import { ok, type Schemas } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { useLoaded } from "@quancheng/client/use/loaded";
import { useTask } from "@quancheng/client/use/task";
import { computed, reactive, watch } from "vue";

/** Whether somebody may apply, as they stand now. */
export function mayApply(standing: Schemas["Standing"] | undefined): boolean {
  return standing === undefined || ["rejected", "withdrawn", "left"].includes(standing);
}

/** An application to the station that serves one's community. */
export function useApplication(onDone: () => Promise<unknown>) {
  const { api } = usePlatform();
  const form = reactive({
    station: "",
    area: "",
    name: "",
    idNumber: "",
    skills: [] as Schemas["Skill"][],
    squad: "",
  });
  const stations = useLoaded(async () => (await ok(api.GET("/api/v1/stations"))).items);
  const station = computed(() => stations.data.value?.find(({ id }) => id === form.station));
  watch(stations.data, (found) => {
    if (found?.length === 1 && found[0]) form.station = found[0].id;
  });
  const communities = useLoaded(async () => {
    const streets = station.value?.streets ?? [];
    const below = await Promise.all(
      streets.map((parent) =>
        ok(api.GET("/api/v1/divisions", { params: { query: { parent, limit: 200 } } })),
      ),
    );
    return below.flatMap(({ items }) => items);
  }, station);
  const squads = useLoaded(async () => {
    if (!form.station) return [];
    const query = { station: form.station, limit: 200 };
    return (await ok(api.GET("/api/v1/squads", { params: { query } }))).items;
  }, station);
  watch(
    () => form.station,
    () => {
      form.area = "";
      form.squad = "";
    },
  );
  const applying = useTask(async () => {
    const { station: id, area, name, idNumber, skills, squad } = form;
    const body = {
      station: id,
      area,
      name: name.trim(),
      id_number: idNumber.trim().toUpperCase(),
      skills: [...skills],
      squad: squad || null,
    };
    await ok(api.POST("/api/v1/volunteers", { body }));
    await onDone();
  });
  return { form, stations, communities, squads, applying };
}
