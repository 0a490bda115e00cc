import { expect, test } from "vitest";
import { dangerIn } from "../src/report/danger";

test.each([
  ["楼上着火了", "fire"],
  ["楼 上 着 火 了！！", "fire"],
  ["着\u200b火了，快来", "fire"],
  ["有人拿着刀在门口", "weapon"],
  ["老人昏迷了叫不醒", "unconscious"],
  ["快叫１２０", "asks_for_110"],
])("%s is danger", (text, name) => {
  expect(dangerIn(text)?.name).toBe(name);
});

test.each(["", "小区门口车辆堵塞", "没有着火", "去年着火了", "怕着火", "电影里着火了"])(
  "%s is none",
  (text) => {
    expect(dangerIn(text)).toBeNull();
  },
);

test("a long text is read in a blink", () => {
  const before = performance.now();
  dangerIn("有人在楼下，".repeat(400));
  expect(performance.now() - before).toBeLessThan(200);
});
