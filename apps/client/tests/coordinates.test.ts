import { expect, it } from "vitest";
import { directionBetween, distanceBetween, gcj02FromWgs84 } from "../src/coordinates";

// From jinan/coordinates.py, to 1e-9 degrees (0.1 mm).
const KNOWN = [
  [116.93, 36.66, 116.935591684, 36.660089109],
  [117.0009, 36.6758, 117.006747099, 36.676070494],
  [116.1, 35.9, 116.105851562, 35.90016147],
  [118.1, 37.7, 118.106213496, 37.70097625],
  [117.55, 36.2, 117.555831311, 36.199941597],
] as const;

it.each(KNOWN)("gives %d, %d as Chinese maps have it", (longitude, latitude, east, north) => {
  const there = gcj02FromWgs84({ longitude, latitude });
  expect(there.longitude).toBeCloseTo(east, 8);
  expect(there.latitude).toBeCloseTo(north, 8);
});

it("measures as the platform does", () => {
  const station = { longitude: 116.93, latitude: 36.66 };
  expect(distanceBetween(station, { longitude: 116.94, latitude: 36.67 })).toBeCloseTo(1425.48, 2);
  expect(distanceBetween(station, station)).toBe(0);
});

it.each([
  [0, 0.01, "n"],
  [0.01, 0.008, "ne"],
  [0.01, 0, "e"],
  [0, -0.01, "s"],
  [-0.01, 0, "w"],
  [-0.01, 0.008, "nw"],
] as const)("says in which direction %d, %d lies", (east, north, direction) => {
  const from = { longitude: 116.93, latitude: 36.66 };
  const to = { longitude: from.longitude + east, latitude: from.latitude + north };
  expect(directionBetween(from, to)).toBe(direction);
});
