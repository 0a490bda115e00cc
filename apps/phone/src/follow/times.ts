import { shown } from "@quancheng/client/times";

const DAY = { year: "numeric", month: "numeric", day: "numeric" } as const;
const TIME = { hour: "2-digit", minute: "2-digit" } as const;

/** A moment as people in Jinan say it: the time alone where it is today. */
export function momentOf(at: string, now = new Date()): string {
  return shown(at, DAY) === shown(now, DAY)
    ? shown(at, TIME)
    : shown(at, { ...TIME, month: "numeric", day: "numeric" });
}
