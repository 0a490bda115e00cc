import { gcj02FromWgs84 } from "@quancheng/client/coordinates";
import { expect, it } from "vitest";
import { keptUntil, standingOf } from "../src/call/answer";
import { isDoubtful, secondsUntil, serverTime } from "../src/call/countdown";
import { mapLinks } from "../src/call/mapLinks";

const AT = "2026-11-28T06:00:00Z";
const EXPIRES = "2026-11-28T06:01:00Z";

it.each([
  ["right", Date.parse(AT)],
  ["an hour ahead", Date.parse(AT) + 3_600_000],
  ["a day behind", Date.parse(AT) - 86_400_000],
])("counts down by the platform's clock when the phone's is %s", (_, wall) => {
  const time = serverTime(AT, { steady: 5000, wall });
  expect(secondsUntil(EXPIRES, time, { steady: 5000, wall })).toBe(60);
  expect(secondsUntil(EXPIRES, time, { steady: 47_001, wall: wall + 42_001 })).toBe(17);
  expect(secondsUntil(EXPIRES, time, { steady: 99_000, wall: wall + 94_000 })).toBe(0);
});

it("never shows more time than there is on a slow network", () => {
  const asked = { steady: 1000, wall: 0 };
  const answered = { steady: 9000, wall: 8000 };
  expect(secondsUntil(EXPIRES, serverTime(AT, asked), answered)).toBe(52);
});

it("doubts the count after a sleep, or when the clock was set", () => {
  const time = serverTime(AT, { steady: 1000, wall: 1000 });
  expect(isDoubtful(time, { steady: 31_000, wall: 31_000 })).toBe(false);
  expect(isDoubtful(time, { steady: 2000, wall: 61_000 })).toBe(true);
  expect(isDoubtful(time, { steady: 31_000, wall: -3_600_000 })).toBe(true);
});

it("keeps an answer for as long as the call can be answered, and no longer", () => {
  expect(keptUntil("accept", 42, 1000)).toBe(43_000);
  expect(keptUntil("accept", null, 1000)).toBe(1000);
  expect(keptUntil("arrive", null, 0)).toBe(600_000);
});

it("never takes what was sent, or waits, for accepted", () => {
  const errand = {
    key: "k",
    kind: "cal_1:accept",
    method: "POST",
    path: "/",
    body: {},
    at: 0,
  } as const;
  const of = (state: "waiting" | "sent" | "lapsed" | "refused") =>
    standingOf({ ...errand, account: "acc_1", state });
  expect([of("waiting"), of("refused"), of("lapsed"), of("sent")]).toEqual([
    "waiting",
    "refused",
    "lapsed",
    "none",
  ]);
});

it("gives outside maps the place as they have it, and nothing of the report", () => {
  const place = { longitude: 116.93, latitude: 36.66 };
  const there = gcj02FromWgs84(place);
  const [east, north] = [there.longitude.toFixed(6), there.latitude.toFixed(6)];
  const links = mapLinks(place, "段店北路, 社区&x");
  const of = (link: string) => new URL(link).searchParams;
  expect(of(links.amap).get("to")).toBe(`${east},${north},段店北路  社区&x`);
  expect(of(links.amap).get("coordinate")).toBe("gaode");
  expect(of(links.baidu).get("location")).toBe(`${north},${east}`);
  expect(of(links.baidu).get("coord_type")).toBe("gcj02");
  expect(of(links.tencent).get("tocoord")).toBe(`${north},${east}`);
  expect(of(links.apple).get("daddr")).toBe(`${north},${east}`);
});
