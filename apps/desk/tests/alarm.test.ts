import { describe, expect, it } from "vitest";
import { isUrgent, UrgentItems } from "../src/queue/alarm";

const item = (id: string, urgency: "urgent" | "normal" = "urgent") => ({
  id,
  urgency,
  danger: "none" as const,
  triage: null,
  waits_for: "acknowledge" as const,
});

describe("what rings", () => {
  it("rings for a new urgent item, once, and not for what was there at sign-in", () => {
    const items = new UrgentItems();
    expect(items.fresh([item("a")])).toEqual([]);
    expect(items.fresh([item("a"), item("b")])).toEqual(["b"]);
    expect(items.fresh([item("b"), item("a")])).toEqual([]);
  });
  it("rings again for one that comes back, and for one that became urgent", () => {
    const items = new UrgentItems();
    items.fresh([item("a"), item("b", "normal")]);
    expect(items.fresh([item("b")])).toEqual(["b"]);
    expect(items.fresh([item("a"), item("b")])).toEqual(["a"]);
  });
  it("rings for suspected danger, not for what waits for the reporter", () => {
    expect(isUrgent({ ...item("a", "normal"), danger: "suspected" })).toBe(true);
    expect(isUrgent({ ...item("a"), waits_for: "reporter" })).toBe(false);
    expect(isUrgent(item("a", "normal"))).toBe(false);
  });
});
