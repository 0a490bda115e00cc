// The districts' boundaries in WGS-84, as coarse as a phone's map needs them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gcj02FromWgs84, type Point } from "../client/src/coordinates.ts";

const FILE = join(import.meta.dirname, "../../jinan/data/jinan_districts_gcj02.geojson");
type Pair = [number, number];
interface Feature {
  properties: { code: string; name: string; center: Pair };
  geometry: { coordinates: Pair[][][] };
}

export interface DistrictShape {
  code: string;
  name: string;
  /** Longitude, latitude; of the rings latitude first, as Leaflet has it. */
  center: Pair;
  rings: Pair[][];
}

export function districtShapes(): DistrictShape[] {
  const { features } = JSON.parse(readFileSync(FILE, "utf8")) as { features: Feature[] };
  return features.map(({ properties, geometry }) => ({
    code: properties.code,
    name: properties.name,
    center: wgs84(properties.center),
    rings: geometry.coordinates.flatMap((polygon) =>
      polygon.map((ring) => ring.map((pair) => wgs84(pair).reverse() as Pair)),
    ),
  }));
}

/** Rounded to 11 metres. */
function wgs84([longitude, latitude]: Pair): Pair {
  let guess: Point = { longitude, latitude };
  for (let round = 0; round < 4; round++) {
    const there = gcj02FromWgs84(guess);
    guess = {
      longitude: guess.longitude + longitude - there.longitude,
      latitude: guess.latitude + latitude - there.latitude,
    };
  }
  return [Number(guess.longitude.toFixed(4)), Number(guess.latitude.toFixed(4))];
}
