import type { Schemas } from "@quancheng/client/api";

type Entry = Schemas["TimelineEntryView"];

/** How many volunteers have accepted and not let it go, as far as the time line tells. */
export function coming(timeline: readonly Entry[], round: number): number {
  return timeline.filter((entry) => entry.round === round && entry.what === "accepted").length;
}

/** Whether nothing more happens to it. */
export function isOver(state: Schemas["ReportState"]): boolean {
  return ["confirmed", "closed", "logged", "withdrawn", "not_accepted"].includes(state);
}

/** Whether it has gone on from whoever looks at it first. */
export function isRouted(state: Schemas["ReportState"]): boolean {
  return state !== "filed";
}

/** Whether the reporter may take it back: not once an officer looks at it or deals with it. */
export function canWithdraw(state: Schemas["ReportState"], route: Schemas["Route"]): boolean {
  return !isOver(state) && state !== "resolved" && route !== "police";
}
