import { t } from "@quancheng/client/texts";

/** Metres a second, and how much longer streets are than the straight line: as the platform reckons. */
const WALK = 1.2;
const DETOUR = 1.3;

/** To 10 m below one kilometre, to 100 m above. */
export function distanceText(metres: number): string {
  if (metres < 1000)
    return t("phone_call.metres", { count: Math.max(10, Math.round(metres / 10) * 10) });
  return t("phone_call.kilometres", { count: (metres / 1000).toFixed(1) });
}

export function walkMinutes(metres: number): number {
  return Math.max(1, Math.round((metres * DETOUR) / WALK / 60));
}
