import { ok, type Schemas } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { useLoaded } from "@quancheng/client/use/loaded";
import { usePages, type Page } from "@quancheng/client/use/pages";
import { computed } from "vue";
import { useServing } from "../duty/serving";

type Calls = Page<Schemas["CalloutView"]>;

/** My hours of the last 30 days with what they follow from, what an officer is to check, and the calls
 * that I had. */
export function useHours() {
  const { api } = usePlatform();
  const serving = useServing();
  const mine = true;
  const records = useLoaded(async () => {
    if (!serving.value) return null;
    const query = { mine, limit: 200 };
    return ok(api.GET("/api/v1/service-records", { params: { query } }));
  }, serving);
  const checks = useLoaded(async () => {
    if (!serving.value) return null;
    return ok(api.GET("/api/v1/hours-checks", { params: { query: { mine } } }));
  }, serving);
  const calls = usePages(
    (cursor): Promise<Calls> =>
      serving.value
        ? ok(api.GET("/api/v1/callouts", { params: { query: { mine, cursor, limit: 20 } } }))
        : Promise.resolve({ items: [], next: null }),
    serving,
  );
  /** Days with work, the latest first. */
  const days = computed(() => [...(records.data.value?.items ?? [])].reverse());
  const total = computed(() => days.value.reduce((sum, day) => sum + day.minutes, 0));
  return { serving, records, days, total, checks, calls };
}
