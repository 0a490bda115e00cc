import { expect, test } from "vitest";
import { against, summed } from "../src/wall/city";

test("today is compared only with something that is usual", () => {
  expect(against(12, 10)).toBe(20);
  expect(against(5, 10)).toBe(-50);
  expect(against(3, 0.2)).toBeNull();
});

test("the city is the sum of its districts", () => {
  const district = {
    district: "370104",
    district_name: "槐荫区",
    reports_today: 2,
    usual: 1.5,
    under_way: 1,
    nobody_came: 1,
    minutes_to_accepted: 4,
  };
  expect(summed([district, { ...district, district: "370102" }])).toEqual({
    reports: 4,
    usual: 3,
    underWay: 2,
    nobodyCame: 2,
  });
});
