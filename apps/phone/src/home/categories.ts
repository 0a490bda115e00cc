import type { Schemas } from "@quancheng/client/api";

type Category = Schemas["Category"];

/** What residents report, the most common first, with the outline of its picture (24 x 24). The list
 * is here and not asked for: the first screen must be usable without a connection. */
export const TILES: readonly { category: Category; icon: string }[] = [
  {
    category: "traffic",
    icon: "M5 17h14l-1.6-6.2A2 2 0 0 0 15.5 9h-7a2 2 0 0 0-1.9 1.8L5 17v3h3v-3m8 0v3h3v-3M12 9V4m-2 0h4",
  },
  { category: "nuisance", icon: "M4 10v4h3l5 4V6l-5 4H4Zm11-1a4 4 0 0 1 0 6m2.5-9a8 8 0 0 1 0 12" },
  { category: "dispute", icon: "M3 5h11v7H8l-3 3v-3H3V5Zm14 4h4v7h-2v3l-3-3h-5v-1" },
  { category: "hazard", icon: "M12 4 2.8 20h18.4L12 4Zm0 6v5m0 2.2v.3" },
  {
    category: "assistance",
    icon: "M12 20S4 15 4 9.5A4 4 0 0 1 12 8a4 4 0 0 1 8 1.5C20 15 12 20 12 20Z",
  },
  { category: "escort", icon: "M19 14.5A8 8 0 1 1 9.5 5 6.5 6.5 0 0 0 19 14.5Z" },
  { category: "missing", icon: "M10 4a6 6 0 1 1 0 12 6 6 0 0 1 0-12Zm4.5 10.5L20 20" },
  { category: "environment", icon: "M6 8h12l-1 12H7L6 8Zm-2 0h16M9 8V5h6v3m-5 4v5m4-5v5" },
  { category: "fraud", icon: "M4 6h16v12H4V6Zm0 4h16M8 14h3m5 0h1" },
  { category: "theft", icon: "M7 11V8a5 5 0 0 1 10 0v3M5 11h14v9H5v-9Zm7 3.5v2.5" },
];

/** The rest, in smaller tiles. */
export const MORE: readonly Category[] = ["violence", "drugs", "tip", "fundraising", "rumour"];

const KNOWN = new Set<unknown>([...TILES.map(({ category }) => category), ...MORE, "emergency"]);

/** Whether a link's `category` is one that can be picked here. */
export function isCategory(value: unknown): value is Category {
  return KNOWN.has(value);
}
