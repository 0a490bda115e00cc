import { ok, type Schemas } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { Problem } from "@quancheng/client/problem";
import { computed, onScopeDispose, shallowRef, watch } from "vue";

export type Now = Schemas["DistrictNowView"];
export type CityEvent = Schemas["CityEventView"];
/** Milliseconds between two looks. The platform's own answer is up to 5 s old. */
const EVERY = 8_000;
/** What is shown counts as old after so many milliseconds: three looks in a row brought nothing. */
export const OLD = 3 * EVERY + 5_000;

export interface Sums {
  reports: number;
  usual: number;
  underWay: number;
  nobodyCame: number;
}

/** The city's figures from its districts'. */
export function summed(districts: readonly Now[]): Sums {
  const sum = (of: (one: Now) => number) => districts.reduce((all, one) => all + of(one), 0);
  return {
    reports: sum((one) => one.reports_today),
    usual: sum((one) => one.usual),
    underWay: sum((one) => one.under_way),
    nobodyCame: sum((one) => one.nobody_came),
  };
}

/** How today stands to the usual, in per cent more or less; null where nothing is usual yet. */
export function against(reports: number, usual: number): number | null {
  return usual < 1 ? null : Math.round((reports / usual - 1) * 100);
}

/** What the wall shows, looked at again every few seconds while somebody could see it. */
export function useCity() {
  const { api, session } = usePlatform();
  const city = shallowRef<Schemas["CitySnapshotView"] | null>(null);
  const duty = shallowRef<Schemas["DutyCountPage"] | null>(null);
  const problem = shallowRef<Problem | null>(null);
  /** By this device's clock: the platform's may differ. */
  const heardAt = shallowRef<number | null>(null);
  const now = shallowRef(Date.now());
  let running = false;

  async function look(): Promise<void> {
    now.value = Date.now();
    if (running || !session.account.value || document.hidden) return;
    running = true;
    try {
      const query = { area: "3701" };
      const [figures, counts] = await Promise.all([
        ok(api.GET("/api/v1/figures/city")),
        ok(api.GET("/api/v1/duty/counts", { params: { query } })),
      ]);
      // The same answer again is nothing to draw.
      if (figures.at !== city.value?.at) city.value = figures;
      duty.value = counts;
      heardAt.value = now.value = Date.now();
      problem.value = null;
    } catch (reason) {
      if (!(reason instanceof Problem)) throw reason;
      problem.value = reason;
    } finally {
      running = false;
    }
  }
  const timer = setInterval(() => void look(), EVERY);
  const onVisible = () => void look();
  document.addEventListener("visibilitychange", onVisible);
  watch(
    () => session.account.value?.id,
    () => void look(),
    { immediate: true },
  );
  onScopeDispose(() => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", onVisible);
  });
  const isOld = computed(() => heardAt.value !== null && now.value - heardAt.value > OLD);
  return { city, duty, problem, heardAt, isOld, look };
}
