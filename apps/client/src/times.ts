import { language } from "./texts";

export const ZONE = "Asia/Shanghai";

/** The locale of the language of the moment. */
export function locale(): string {
  return language.value === "zh" ? "zh-CN" : "en-GB";
}

/** A moment in Jinan's time, whatever the device is set to; midnight is 00. */
export function shown(
  at: Date | string | number,
  options: Readonly<Intl.DateTimeFormatOptions>,
): string {
  const format = new Intl.DateTimeFormat(locale(), {
    timeZone: ZONE,
    hourCycle: "h23",
    ...options,
  });
  return format.format(new Date(at));
}
