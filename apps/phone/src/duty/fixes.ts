import { distanceBetween, type Point } from "@quancheng/client/coordinates";

/** Where the phone was, as it says itself. */
export interface Fix extends Point {
  /** Metres around the place in which the phone is with 68 % certainty. */
  accuracy: number;
  /** Milliseconds since 1970 by the phone's clock. */
  at: number;
}

/** Metres. Who is called is decided by some hundred metres: a worse fix would send the wrong person. */
export const WORST_ACCURACY = 500;
/** Metres from which on the person is told that the place is only rough. */
export const ROUGH_ACCURACY = 100;
/** What the platform takes at a time. */
export const MAX_BATCH = 50;
/** Milliseconds between two batches. The platform trusts a place for 5 min: a lost one may be missed. */
export const EVERY = { waiting: 60_000, called: 20_000 };

const SAME_PLACE_M = 10;

/** The fixes that are still to be sent, the oldest first. Keeps the newest `MAX_BATCH`; somebody who
 * stands still is one fix, the last. */
export function withFix(fixes: readonly Fix[], fix: Fix): readonly Fix[] {
  if (fix.accuracy > WORST_ACCURACY) return fixes;
  const last = fixes.at(-1);
  const before =
    last && distanceBetween(last, fix) < SAME_PLACE_M && fix.accuracy <= last.accuracy * 2
      ? fixes.slice(0, -1)
      : fixes;
  return [...before, fix].slice(-MAX_BATCH);
}

/** What is left after `sent` was taken: those that came meanwhile. */
export function without(fixes: readonly Fix[], sent: readonly Fix[]): readonly Fix[] {
  const gone = new Set(sent);
  return fixes.filter((fix) => !gone.has(fix));
}

export type Quality = "none" | "unusable" | "rough" | "good";

export function qualityOf(fix: Fix | null): Quality {
  if (!fix) return "none";
  if (fix.accuracy > WORST_ACCURACY) return "unusable";
  return fix.accuracy > ROUGH_ACCURACY ? "rough" : "good";
}
