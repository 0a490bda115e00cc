import { ok, type Schemas } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { Problem } from "@quancheng/client/problem";
import { useLoaded } from "@quancheng/client/use/loaded";
import { onScopeDispose, ref, shallowRef, watch, type Ref } from "vue";
import { useLive } from "../live";

export type Report = Schemas["ReportView"];
export type Route = Schemas["Route"];

/** One report, loaded again when a message tells of it, and every half minute while it is shown. */
export function useReport(id: Ref<string>) {
  const { api } = usePlatform();
  const loaded = useLoaded(async () => {
    const asked = id.value;
    return ok(api.GET("/api/v1/reports/{id}", { params: { path: { id: asked } } }));
  }, id);
  watch(id, () => {
    loaded.data.value = null;
  });
  useLive((message) => {
    if (message.report === id.value) void loaded.reload();
  });
  const timer = setInterval(() => void loaded.reload(), 30_000);
  onScopeDispose(() => {
    clearInterval(timer);
  });
  return loaded;
}

/** What an officer or the committee does with a report. `overtaken`: somebody else was first, the
 * report was loaded again, and nothing was changed by this person. */
export function useActions(report: Ref<Report | null>, reload: () => Promise<void>) {
  const { api } = usePlatform();
  const busy = ref(false);
  const problem = shallowRef<Problem | null>(null);
  const overtaken = ref(false);

  async function act(work: (id: string) => Promise<Report>): Promise<boolean> {
    const id = report.value?.id;
    if (!id || busy.value) return false;
    busy.value = true;
    problem.value = null;
    overtaken.value = false;
    try {
      const changed = await work(id);
      if (report.value?.id === id) report.value = changed;
      return true;
    } catch (reason) {
      if (!(reason instanceof Problem)) throw reason;
      if (report.value?.id !== id) return false;
      overtaken.value = isOvertaken(reason);
      if (overtaken.value) await reload();
      else problem.value = reason;
      // An officer may move a report out of their own sight: then it is done.
      return false;
    } finally {
      busy.value = false;
    }
  }
  const of = (id: string) => ({ params: { path: { id } } });
  return {
    busy,
    problem,
    overtaken,
    route: (route: Route, reason: string | null) =>
      act((id) =>
        ok(api.POST("/api/v1/reports/{id}/route", { ...of(id), body: { route, reason } })),
      ),
    reject: (reason: string) =>
      act((id) => ok(api.POST("/api/v1/reports/{id}/reject", { ...of(id), body: { reason } }))),
    giveBack: (reason: string) =>
      act((id) => ok(api.POST("/api/v1/reports/{id}/return", { ...of(id), body: { reason } }))),
    acknowledge: () => act((id) => ok(api.POST("/api/v1/reports/{id}/acknowledge", of(id)))),
    close: (outcome: Schemas["Outcome"], note: string) =>
      act((id) =>
        ok(api.POST("/api/v1/reports/{id}/close", { ...of(id), body: { outcome, note } })),
      ),
    resolve: (outcome: Schemas["Outcome"], note: string) =>
      act((id) =>
        ok(api.POST("/api/v1/reports/{id}/resolve", { ...of(id), body: { outcome, note } })),
      ),
    ask: (text: string) =>
      act((id) => ok(api.POST("/api/v1/reports/{id}/questions", { ...of(id), body: { text } }))),
    note: (text: string) =>
      act((id) => ok(api.POST("/api/v1/reports/{id}/notes", { ...of(id), body: { text } }))),
    correct: (body: Schemas["CorrectReport"]) =>
      act((id) => ok(api.POST("/api/v1/reports/{id}/corrections", { ...of(id), body }))),
  };
}

/** Whether the platform refused because the report is not any more what this person saw. */
export function isOvertaken(problem: Pick<Problem, "code">): boolean {
  return problem.code === "conflict" || problem.code === "wrong_state";
}
