import { t } from "@quancheng/client/texts";

/** How long something has waited, in the unit that matters. `now` in milliseconds since 1970. */
export function since(at: string, now: number): string {
  const minutes = Math.max(0, Math.floor((now - Date.parse(at)) / 60_000));
  if (minutes < 1) return t("desk_queue.just_now");
  if (minutes < 60) return t("desk_queue.minutes", { count: minutes });
  const hours = Math.floor(minutes / 60);
  return hours < 48
    ? t("desk_queue.hours", { count: hours })
    : t("desk_queue.days", { count: Math.floor(hours / 24) });
}
