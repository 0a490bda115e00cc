import { language, t } from "@quancheng/client/texts";

const ZONE = "Asia/Shanghai";
const locale = () => (language.value === "zh" ? "zh-CN" : "en-GB");

/** A day of Jinan, from `2026-11-28`. */
export function dayText(day: string): string {
  return new Intl.DateTimeFormat(locale(), {
    month: "long",
    day: "numeric",
    weekday: "short",
    timeZone: ZONE,
  }).format(new Date(`${day}T12:00:00+08:00`));
}

/** A time of Jinan, whatever the phone is set to. */
export function timeText(at: string): string {
  return new Intl.DateTimeFormat(locale(), {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: ZONE,
  }).format(new Date(at));
}

export function dateTime(at: string): string {
  return new Intl.DateTimeFormat(locale(), {
    month: "numeric",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: ZONE,
  }).format(new Date(at));
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
