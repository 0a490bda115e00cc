import { ok, type Schemas } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { named, said } from "@quancheng/client/texts";
import { useLoaded } from "@quancheng/client/use/loaded";
import { computed, onScopeDispose, ref } from "vue";
import { useNames } from "../people/names";
import { OPEN } from "../reports/filters";
import { useRoles } from "../roles";
import type { MapPoint } from "./points";

/** Pages of 200 at most: what is beyond them is counted as "more", never silently left out. */
const PAGES = 10;
const REPORTS_EVERY = 20_000;
/** Milliseconds. Each look at positions is logged for the person: no more often than needed. */
const PEOPLE_EVERY = 30_000;

interface All<T> {
  items: T[];
  more: boolean;
}

async function all<T>(
  load: (cursor: string | undefined) => Promise<{ items: T[]; next: string | null }>,
): Promise<All<T>> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES; page++) {
    const found = await load(cursor);
    items.push(...found.items);
    if (found.next === null) return { items, more: false };
    cursor = found.next;
  }
  return { items, more: true };
}

/** Reports under way, their call-outs, and, only while `looking`, the people on duty. */
export function useCityMap() {
  const { api } = usePlatform();
  const { areas } = useRoles();
  const names = useNames();
  const looking = ref(false);
  const limit = 200;

  const reports = useLoaded(
    async () =>
      areas.value.length
        ? all((cursor) => {
            const query = { state: [...OPEN], limit, cursor };
            return ok(api.GET("/api/v1/reports", { params: { query } }));
          })
        : null,
    areas,
  );
  const callouts = useLoaded(
    async () =>
      areas.value.length
        ? ok(api.GET("/api/v1/callouts", { params: { query: { limit } } })).then(({ items }) =>
            items.filter(({ ended_at }) => ended_at === null),
          )
        : null,
    areas,
  );
  const stations = useLoaded(
    () =>
      ok(api.GET("/api/v1/stations", { params: { query: { limit } } })).then(({ items }) =>
        items.filter(({ streets }) =>
          streets.some((street) => areas.value.some((area) => street.startsWith(area.slice(0, 9)))),
        ),
      ),
    areas,
  );
  const people = useLoaded(
    async (): Promise<All<Schemas["DutyPositionView"]> | null> => {
      if (!looking.value) return null;
      const found = await Promise.all(
        [...new Set(areas.value.map((area) => area.slice(0, 9)))].map((area) =>
          all((cursor) => {
            const query = { area, limit, cursor };
            return ok(api.GET("/api/v1/duty/positions", { params: { query } }));
          }),
        ),
      );
      const items = found.flatMap((each) => each.items);
      void names.look(items.map(({ volunteer }) => volunteer));
      return { items, more: found.some(({ more }) => more) };
    },
    looking,
    areas,
  );
  const timers = [
    setInterval(() => {
      void reports.reload();
      void callouts.reload();
    }, REPORTS_EVERY),
    setInterval(() => {
      if (looking.value && document.visibilityState === "visible") void people.reload();
    }, PEOPLE_EVERY),
  ];
  onScopeDispose(() => {
    timers.forEach(clearInterval);
  });

  const points = computed<MapPoint[]>(() => {
    const called = new Map(callouts.data.value?.map((each) => [each.report, each]));
    const matters = (reports.data.value?.items ?? []).map((report): MapPoint => {
      const callout = called.get(report.id);
      const state = callout ? said(callout.state_text) : said(report.state_text);
      return {
        id: report.id,
        ...report.location,
        tone: report.urgency === "urgent" ? "urgent" : callout ? "callout" : "report",
        label: `${report.number} ${named("category", report.category)} ${state}`,
      };
    });
    const duty = (people.data.value?.items ?? []).map((each): MapPoint => ({
      id: each.volunteer,
      longitude: each.longitude,
      latitude: each.latitude,
      tone: each.engaged ? "engaged" : "person",
      label: names.name(each.volunteer),
    }));
    const doors = (stations.data.value ?? []).map(
      ({ id, name, longitude, latitude }): MapPoint => ({
        id,
        longitude,
        latitude,
        tone: "station",
        label: name,
      }),
    );
    return [...doors, ...matters, ...duty];
  });
  return { reports, callouts, people, looking, points };
}
