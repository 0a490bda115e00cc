import { language } from "@quancheng/client/texts";

const ZONE = "Asia/Shanghai";

/** A moment as people in Jinan say it: the time alone where it is today. */
export function momentOf(at: string, now = new Date()): string {
  const moment = new Date(at);
  const locale = language.value === "zh" ? "zh-CN" : "en-GB";
  const day = (date: Date) => date.toLocaleDateString(locale, { timeZone: ZONE });
  const time = { timeZone: ZONE, hour: "2-digit", minute: "2-digit", hour12: false } as const;
  return day(moment) === day(now)
    ? moment.toLocaleTimeString(locale, time)
    : moment.toLocaleString(locale, { ...time, month: "numeric", day: "numeric" });
}
