import type { Schemas } from "@quancheng/client/api";

/** What a list calls open: all that may still need somebody. */
export const OPEN = [
  "filed",
  "routed",
  "called",
  "accepted",
  "on_scene",
  "assigned",
  "handed_off",
  "acknowledged",
  "resolved",
] as const satisfies readonly Schemas["ReportState"][];

export interface Filters {
  state: "" | "open" | Schemas["ReportState"];
  category: "" | Schemas["Category"];
  route: "" | Schemas["Route"];
  area: string;
  from: string;
  to: string;
  words: string;
}

/** The query of `GET /reports`: what is not chosen is left out. One word of one sign finds nothing
 * and is not sent. */
export function asQuery(filters: Filters) {
  const words = filters.words.trim();
  return {
    ...(filters.state && { state: filters.state === "open" ? [...OPEN] : [filters.state] }),
    ...(filters.category && { category: filters.category }),
    ...(filters.route && { route: filters.route }),
    ...(filters.area && { area: filters.area }),
    ...(filters.from && { from: filters.from }),
    ...(filters.to && { to: filters.to }),
    ...(words.length >= 2 && { q: words }),
  };
}
