import type { Report } from "./report";

export const ENDED: readonly Report["state"][] = ["closed", "logged", "withdrawn", "not_accepted"];
/** Nobody has answered it yet, so it can still be refused. */
const UNANSWERED: readonly Report["state"][] = [
  "filed",
  "routed",
  "called",
  "assigned",
  "handed_off",
];

export type Action =
  | "volunteers"
  | "committee"
  | "police"
  | "reject"
  | "acknowledge"
  | "ask"
  | "correct"
  | "resolve"
  | "close"
  | "giveBack"
  | "note"
  | "contact";

/** The key of each action: letters of the English words, the same in both languages. */
export const KEYS: Record<Action, string> = {
  volunteers: "v",
  committee: "c",
  police: "p",
  reject: "x",
  acknowledge: "a",
  ask: "q",
  correct: "e",
  resolve: "s",
  close: "f",
  giveBack: "b",
  note: "n",
  contact: "t",
};

interface Reader {
  officer: boolean;
  committee: boolean;
}
type Shown = Pick<
  Report,
  "state" | "route" | "referral" | "question" | "anonymous" | "category" | "triage"
>;

/** What this person may do with the report now. The platform decides; this only keeps buttons away
 * that it would refuse. */
export function allowed(report: Shown, { officer, committee }: Reader): Action[] {
  if (ENDED.includes(report.state)) return officer || committee ? ["note"] : [];
  const found: Action[] = [];
  if (officer) {
    if (report.state === "handed_off" || (report.referral && !report.referral.acknowledged_at))
      found.push("acknowledge");
    for (const route of ["volunteers", "committee", "police"] as const)
      if (report.state === "filed" || route !== report.route) found.push(route);
    if (UNANSWERED.includes(report.state)) found.push("reject");
    if (report.question?.state !== "asked") found.push("ask");
    found.push("correct");
    if (report.state === "acknowledged" || report.state === "resolved") found.push("close");
    else if (report.route !== "police" && report.state !== "filed") found.push("resolve");
    if (!report.anonymous) found.push("contact");
  } else if (committee && report.state === "assigned") found.push("resolve", "giveBack");
  if (officer || committee) found.push("note");
  return found;
}

/** Whether routing it needs a reason: only the first route of a report that waits does not. */
export function needsReason(report: Pick<Report, "state" | "round">): boolean {
  return report.state !== "filed" || report.round > 1;
}
