import { expect, test } from "vitest";
import { casesOf, lines } from "../src/figures/figures";
import { upwards, widest } from "../src/people/areas";
import { daysBetween } from "../src/people/times";
import { after } from "../src/volunteers/applications";

const point = (day: string, split: string | null, reports: number) => ({
  day,
  split,
  reports,
  escalated: 0,
  minutes_to_accepted: 3,
  label: null,
});

test("a day without reports counts none, and has no time to the first answer", () => {
  const days = daysBetween("2026-02-27", "2026-03-01");
  expect(days).toEqual(["2026-02-27", "2026-02-28", "2026-03-01"]);
  const [line] = lines([point("2026-02-27", null, 2), point("2026-03-01", null, 1)], days);
  expect(line?.reports).toEqual([2, 0, 1]);
  expect(line?.minutes).toEqual([3, null, 3]);
});

test("each district has a line of its own", () => {
  const days = ["2026-03-01"];
  const found = lines([point("2026-03-01", "370104", 2), point("2026-03-01", "370102", 5)], days);
  expect(found.map(({ split, reports }) => [split, reports[0]])).toEqual([
    ["370104", 2],
    ["370102", 5],
  ]);
});

test("a point opens the cases of its day and its place", () => {
  expect(casesOf("2026-03-01", "district", "370104", "3701").query).toMatchObject({
    from: "2026-03-01",
    to: "2026-03-01",
    area: "370104",
  });
  expect(casesOf("2026-03-01", "station", "sta_one", "3701").query).toMatchObject({
    station: "sta_one",
  });
});

test("after a decision the next application is shown, at the end the one before", () => {
  expect(after(["a", "b", "c"], "b")).toBe("c");
  expect(after(["a", "b", "c"], "c")).toBe("b");
  expect(after(["a"], "a")).toBeNull();
});

test("an area knows what it lies in, and the widest of several grants is found", () => {
  expect(upwards("370104009")).toEqual(["3701", "370104", "370104009"]);
  const grants = [
    { role: "resident", area: "3701" },
    { role: "officer", area: "370104009" },
    { role: "officer", area: "370104" },
  ] as const;
  expect(widest(grants, ["officer"])).toBe("370104");
  expect(widest(grants, ["committee"])).toBeNull();
});
