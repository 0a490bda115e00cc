import { ok, type Schemas } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { useLoaded } from "@quancheng/client/use/loaded";
import { useTask } from "@quancheng/client/use/task";
import { onScopeDispose, ref, watch } from "vue";
import { useLive } from "../live";
import { useNames } from "../people/names";
import type { Report } from "../reports/report";

export type Callout = Schemas["CalloutView"];
export type Candidate = Schemas["CandidateView"];
const CALLED_BEFORE_PAGES = 3;

/** The call-outs of one report, newest first. The API lists them by station only: those that were
 * opened before the report was filed are not its own, and there the search ends. */
export function useCalloutsOf(report: () => Report) {
  const { api } = usePlatform();
  const loaded = useLoaded(
    async () => {
      const { id, station, filed_at } = report();
      const found: Callout[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < CALLED_BEFORE_PAGES; page++) {
        const query = { limit: 200, cursor, ...(station && { station }) };
        const answer = await ok(api.GET("/api/v1/callouts", { params: { query } }));
        found.push(...answer.items.filter((each) => each.report === id));
        const last = answer.items.at(-1);
        if (answer.next === null || (last && last.opened_at < filed_at)) break;
        cursor = answer.next;
      }
      return found;
    },
    () => `${report().id} ${report().state} ${report().round}`,
  );
  useLive((message) => {
    if (message.report === report().id) void loaded.reload();
  });
  return loaded;
}

/** Who was considered for a call-out and why, and calling some of them by hand. */
export function useCandidates(callout: () => Callout, changed: () => void) {
  const { api } = usePlatform();
  const names = useNames();
  const chosen = ref<string[]>([]);
  const path = () => ({ id: callout().id });
  const loaded = useLoaded(
    () =>
      ok(
        api.GET("/api/v1/callouts/{id}/candidates", {
          params: { path: path(), query: { limit: 200 } },
        }),
      ),
    () => callout().id,
    () => callout().wave,
  );
  watch(loaded.data, (page) => {
    void names.look(
      (page?.items ?? []).filter(({ state }) => state !== "not_called").map((it) => it.volunteer),
    );
  });
  const timer = setInterval(() => {
    if (!callout().ended_at) void loaded.reload();
  }, 15_000);
  onScopeDispose(() => {
    clearInterval(timer);
  });
  const calling = useTask(async () => {
    const body = { volunteers: chosen.value };
    const answer = await ok(
      api.POST("/api/v1/callouts/{id}/call", { params: { path: path() }, body }),
    );
    chosen.value = [];
    changed();
    await loaded.reload();
    return answer.not_called;
  });
  return { ...loaded, names, chosen, calling };
}
