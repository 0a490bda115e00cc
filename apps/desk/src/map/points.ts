/** What the map draws, in WGS-84 degrees. */
export interface MapPoint {
  id: string;
  longitude: number;
  latitude: number;
  tone: "urgent" | "report" | "callout" | "person" | "engaged" | "station";
  label: string;
}
