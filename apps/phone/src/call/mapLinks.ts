import { gcj02FromWgs84, type Point } from "@quancheng/client/coordinates";

export const MAPS = ["amap", "baidu", "tencent", "apple"] as const;
export type MapApp = (typeof MAPS)[number];

/** Addresses that open a way on foot in somebody else's map, by each one's own documents. All show
 * China in GCJ-02. They get the place and the community's name, never what was reported. */
export function mapLinks(place: Point, name: string): Record<MapApp, string> {
  const { longitude, latitude } = gcj02FromWgs84(place);
  const [east, north] = [longitude.toFixed(6), latitude.toFixed(6)];
  const app = "quancheng";
  return {
    amap: address("https://uri.amap.com/navigation", {
      to: `${east},${north},${name.replaceAll(",", " ")}`,
      mode: "walk",
      coordinate: "gaode",
      callnative: "1",
      src: app,
    }),
    baidu: address("https://api.map.baidu.com/marker", {
      location: `${north},${east}`,
      title: name,
      content: name,
      output: "html",
      coord_type: "gcj02",
      src: `webapp.${app}.${app}`,
    }),
    tencent: address("https://apis.map.qq.com/uri/v1/routeplan", {
      type: "walk",
      to: name,
      tocoord: `${north},${east}`,
      referer: app,
    }),
    apple: address("https://maps.apple.com/", { daddr: `${north},${east}`, dirflg: "w" }),
  };
}

function address(base: string, values: Record<string, string>): string {
  const query = Object.entries(values).map(
    ([name, value]) => `${name}=${encodeURIComponent(value)}`,
  );
  return `${base}?${query.join("&")}`;
}
