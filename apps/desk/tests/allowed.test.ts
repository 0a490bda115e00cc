import { describe, expect, it } from "vitest";
import { allowed, KEYS, needsReason } from "../src/reports/allowed";
import { asQuery } from "../src/reports/filters";
import { isOvertaken } from "../src/reports/report";
import { holds } from "../src/roles";
import { watchesOf } from "../src/watch/watch";

const report = {
  state: "filed",
  route: "volunteers",
  referral: null,
  question: null,
  anonymous: false,
  category: "nuisance",
  triage: "normal",
} as const;
const officer = { officer: true, committee: false };
const committee = { officer: false, committee: true };
const nobody = { officer: false, committee: false };

describe("what the desk offers", () => {
  it("offers an officer all ways for a report that waits", () => {
    const found = allowed(report, officer);
    expect(found).toEqual(expect.arrayContaining(["volunteers", "committee", "police", "reject"]));
    expect(found).not.toContain("close");
  });
  it("offers the committee what it was given, and nobody's phone", () => {
    expect(allowed({ ...report, state: "assigned", route: "committee" }, committee)).toEqual([
      "resolve",
      "giveBack",
      "note",
    ]);
    expect(allowed({ ...report, state: "handed_off", route: "police" }, committee)).toEqual([
      "note",
    ]);
    expect(allowed(report, nobody)).toEqual([]);
  });
  it("never offers the phone of somebody who is anonymous, nor anything but notes at the end", () => {
    expect(allowed({ ...report, anonymous: true }, officer)).not.toContain("contact");
    expect(allowed({ ...report, state: "closed" }, officer)).toEqual(["note"]);
  });
  it("has one key for each action, and none of those that move", () => {
    const keys = Object.values(KEYS);
    expect(new Set(keys).size).toBe(keys.length);
    for (const key of ["j", "k", "l", "r", "/", "?"]) expect(keys).not.toContain(key);
  });
  it("asks for a reason unless it is the first route", () => {
    expect(needsReason({ state: "filed", round: 1 })).toBe(false);
    expect(needsReason({ state: "filed", round: 2 })).toBe(true);
    expect(needsReason({ state: "assigned", round: 1 })).toBe(true);
  });
});

describe("what the desk asks and understands", () => {
  it("leaves out filters that are not chosen, and a word of one sign", () => {
    const none = {
      state: "",
      category: "",
      route: "",
      area: "",
      from: "",
      to: "",
      words: " 狗 ",
    } as const;
    expect(asQuery(none)).toEqual({});
    expect(asQuery({ ...none, words: " 大狗 ", state: "filed" })).toEqual({
      q: "大狗",
      state: ["filed"],
    });
    expect(asQuery({ ...none, state: "open" }).state).not.toContain("closed");
  });
  it("knows when somebody else was first", () => {
    expect(isOvertaken({ code: "conflict" })).toBe(true);
    expect(isOvertaken({ code: "wrong_state" })).toBe(true);
    expect(isOvertaken({ code: "reason_required" })).toBe(false);
  });
  it("knows a role only within its area", () => {
    const grant = { role: "officer" as const, area: "370104009", squad: null, until: null };
    const account = { grants: [grant] } as unknown as Parameters<typeof holds>[0];
    expect(holds(account, ["officer"], "370104009001")).toBe(true);
    expect(holds(account, ["officer"], "370105001001")).toBe(false);
    expect(holds(null, ["officer"])).toBe(false);
  });
  it("shows a line for an own area whose watch nobody has ever taken", () => {
    const held = {
      id: "wat_1",
      area: "370104009",
      state: "held" as const,
      by: "acc_1",
      until: null,
      to: null,
    };
    expect(watchesOf(["370104"], [held])).toEqual([
      { area: "370104", watch: null },
      { area: "370104009", watch: held },
    ]);
  });
});
