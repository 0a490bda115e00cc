declare module "virtual:texts/*" {
  const catalogue: Readonly<Record<string, string>>;
  export default catalogue;
}
declare module "virtual:danger" {
  interface Sign {
    name: string;
    any: string;
    unless: string | null;
    said: Record<"zh" | "en", string>;
  }
  const words: { denied: string; supposed: string; elsewhere: string; signs: Sign[] };
  export default words;
}
declare module "virtual:districts" {
  const districts: {
    code: string;
    name: string;
    center: [longitude: number, latitude: number];
    rings: [latitude: number, longitude: number][][];
  }[];
  export default districts;
}
