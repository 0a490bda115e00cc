import { language, t } from "@quancheng/client/texts";
import { shown, ZONE } from "@quancheng/client/times";

const DAY_MS = 86_400_000;

/** A moment in Jinan's time: `11月28日 05:38`. */
export function moment(at: string): string {
  return shown(at, {
    month: language.value === "zh" ? "numeric" : "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  });
}

/** A day in Jinan as the API writes it: `2026-11-28`. */
export function localDay(at: Date | string): string {
  return new Date(at).toLocaleDateString("sv-SE", { timeZone: ZONE });
}

/** The days from `first` to `last`, both included. */
export function daysBetween(first: string, last: string): string[] {
  const days: string[] = [];
  for (let at = Date.parse(first); at <= Date.parse(last); at += DAY_MS) {
    days.push(new Date(at).toISOString().slice(0, 10));
  }
  return days;
}

/** How long somebody has waited, in words. */
export function waited(since: string, now = Date.now()): string {
  const days = Math.floor((now - Date.parse(since)) / DAY_MS);
  return days < 1 ? t("desk_people.since_today") : t("desk_people.since_days", { days });
}

/** Minutes as people say them: `2 h 05 min`. */
export function duration(minutes: number): string {
  const whole = Math.round(minutes);
  const [hours, rest] = [Math.floor(whole / 60), whole % 60];
  return hours === 0
    ? t("desk_people.minutes", { minutes: rest })
    : t("desk_people.hours", { hours, minutes: rest });
}
