/** A place in degrees. */
export interface Point {
  longitude: number;
  latitude: number;
}

// Krasovsky 1940: the semi-major axis in metres and the squared eccentricity that GCJ-02 is built on.
const A = 6378245;
const EE = 0.006693421622965943;
const EARTH_M = 6371008.8;
const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** What Chinese maps show in place of a WGS-84 point: some hundred metres beside it. The same as
 * jinan/coordinates.py, which the tests compare it with; exact inside mainland China. */
export function gcj02FromWgs84({ longitude, latitude }: Point): Point {
  const offset = offsetAt(longitude - 105, latitude - 35);
  const magic = 1 - EE * Math.sin(radians(latitude)) ** 2;
  const root = Math.sqrt(magic);
  const metresNorth = (A * (1 - EE)) / (magic * root);
  const metresEast = (A / root) * Math.cos(radians(latitude));
  return {
    longitude: longitude + (offset.east * 180) / (metresEast * Math.PI),
    latitude: latitude + (offset.north * 180) / (metresNorth * Math.PI),
  };
}

function offsetAt(x: number, y: number): { east: number; north: number } {
  const { sin, sqrt, abs, PI } = Math;
  const wave = ((20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2) / 3;
  let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + wave;
  north += ((20 * sin(y * PI) + 40 * sin((y / 3) * PI)) * 2) / 3;
  north += ((160 * sin((y / 12) * PI) + 320 * sin((y * PI) / 30)) * 2) / 3;
  let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + wave;
  east += ((20 * sin(x * PI) + 40 * sin((x / 3) * PI)) * 2) / 3;
  east += ((150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3;
  return { east, north };
}

/** Great-circle distance in metres. */
export function distanceBetween(one: Point, other: Point): number {
  const north = Math.sin(radians(other.latitude - one.latitude) / 2) ** 2;
  const east = Math.sin(radians(other.longitude - one.longitude) / 2) ** 2;
  const h = north + Math.cos(radians(one.latitude)) * Math.cos(radians(other.latitude)) * east;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

export const DIRECTIONS = ["n", "ne", "e", "se", "s", "sw", "w", "nw"] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** In which of eight directions `to` lies from `from`. */
export function directionBetween(from: Point, to: Point): Direction {
  const east = (to.longitude - from.longitude) * Math.cos(radians(from.latitude));
  const turn = Math.atan2(east, to.latitude - from.latitude) / (2 * Math.PI);
  return DIRECTIONS[(Math.round(turn * 8) + 8) % 8] ?? "n";
}
