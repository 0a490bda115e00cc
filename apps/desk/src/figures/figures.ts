import { ok, type Schemas } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { useLoaded } from "@quancheng/client/use/loaded";
import { computed, ref } from "vue";
import { CITY, widest } from "../people/areas";
import { daysBetween, localDay } from "../people/times";

export type Split = Schemas["SeriesView"]["split"];
type Point = Schemas["SeriesPointView"];
/** What the platform gives at most, in days. */
export const LONGEST: Readonly<Record<Split, number>> = { none: 366, district: 92, station: 31 };
const DAY_MS = 86_400_000;

/** One line of a chart: a number for each day, null where there is none. */
export interface Line {
  split: string | null;
  name: string | null;
  reports: number[];
  escalated: number[];
  minutes: (number | null)[];
}

/** The points of a series as lines over all its days: a day without reports has none, not a gap. */
export function lines(points: readonly Point[], days: readonly string[]): Line[] {
  const at = new Map(days.map((day, index) => [day, index]));
  const found = new Map<string | null, Line>();
  for (const point of points) {
    const index = at.get(point.day);
    if (index === undefined) continue;
    const line = found.get(point.split) ?? {
      split: point.split,
      name: point.label,
      reports: days.map(() => 0),
      escalated: days.map(() => 0),
      minutes: days.map(() => null),
    };
    line.reports[index] = point.reports;
    line.escalated[index] = point.escalated;
    line.minutes[index] = point.minutes_to_accepted;
    found.set(point.split, line);
  }
  return [...found.values()];
}

/** Where the cases of one point are: its day, and its district or station, or the area itself. */
export function casesOf(day: string, split: Split, value: string | null, area: string) {
  const place = value !== null && split === "station" ? { station: value } : {};
  const wider = value !== null && split === "district" ? value : area;
  return { path: "/figures/cases", query: { from: day, to: day, area: wider, ...place } };
}

/** Figures of an area: by day, and of the whole span. */
export function useFigures() {
  const { api, session } = usePlatform();
  const roles = ["officer", "committee", "city_desk"];
  const own = computed(() => {
    const grants = session.account.value?.grants ?? [];
    return grants.some(({ role }) => role === "city_desk") ? CITY : (widest(grants, roles) ?? CITY);
  });
  const area = ref(own.value);
  const split = ref<Split>("none");
  const span = ref(30);
  const days = computed(() => {
    const length = Math.min(span.value, LONGEST[split.value]);
    const today = localDay(new Date());
    const first = localDay(new Date(Date.now() - (length - 1) * DAY_MS));
    return daysBetween(first, today);
  });
  const loaded = useLoaded(
    async () => {
      const [from, to] = [days.value[0] ?? "", days.value.at(-1) ?? ""];
      const asked = { area: area.value, split: split.value, from, to };
      const since = { area: area.value, from: `${from}T00:00:00+08:00` };
      const [series, figures] = await Promise.all([
        ok(api.GET("/api/v1/figures/series", { params: { query: asked } })),
        ok(api.GET("/api/v1/figures", { params: { query: since } })),
      ]);
      return {
        figures,
        days: days.value,
        split: asked.split,
        lines: lines(series.points, days.value),
      };
    },
    area,
    split,
    span,
  );
  return { own, area, split, span, ...loaded };
}
