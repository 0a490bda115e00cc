import { expect, it } from "vitest";
import { MAX_BATCH, qualityOf, without, withFix, type Fix } from "../src/duty/fixes";

const fix = (more: Partial<Fix> = {}): Fix => ({
  longitude: 116.93,
  latitude: 36.66,
  accuracy: 15,
  at: 0,
  ...more,
});

it("does not use a place that may be half a kilometre away", () => {
  const bad = fix({ accuracy: 2000 });
  expect(withFix([], bad)).toEqual([]);
  expect(qualityOf(bad)).toBe("unusable");
  expect(qualityOf(fix({ accuracy: 200 }))).toBe("rough");
  expect(qualityOf(null)).toBe("none");
});

it("keeps one fix, the newest, of somebody who stands still", () => {
  const fixes = [1, 2, 3].map((at) => fix({ at })).reduce<readonly Fix[]>(withFix, []);
  expect(fixes.map((each) => each.at)).toEqual([3]);
});

it("keeps what the platform takes at once after a long break, the newest", () => {
  const many = Array.from({ length: 200 }, (_, at) => fix({ at, latitude: 36.6 + at / 1000 }));
  const fixes = many.reduce<readonly Fix[]>(withFix, []);
  expect(fixes).toHaveLength(MAX_BATCH);
  expect(fixes.at(-1)?.at).toBe(199);
});

it("keeps what came while a batch was being sent", () => {
  const [first, second] = [fix(), fix({ latitude: 36.7 })];
  expect(without([first, second], [first])).toEqual([second]);
});
