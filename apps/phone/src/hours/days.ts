import { t } from "@quancheng/client/texts";
import { shown } from "@quancheng/client/times";

const TIME = { hour: "2-digit", minute: "2-digit" } as const;

/** A day of Jinan, from `2026-11-28`. */
export function dayText(day: string): string {
  const options = { month: "long", day: "numeric", weekday: "short" } as const;
  return shown(`${day}T12:00:00+08:00`, options);
}

export function timeText(at: string): string {
  return shown(at, TIME);
}

export function dateTime(at: string): string {
  return shown(at, { ...TIME, month: "numeric", day: "numeric" });
}

export function lasting(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  if (hours === 0) return t("phone_hours.minutes", { minutes });
  return t("phone_hours.hours_minutes", { hours, minutes: minutes % 60 });
}

/** The minutes of a piece of evidence, whole ones. */
export function minutesOf({ since, until }: { since: string; until: string }): number {
  return Math.floor((Date.parse(until) - Date.parse(since)) / 60_000);
}
