import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const css = readFileSync(join(import.meta.dirname, "../styles/tokens.css"), "utf8");
const GROUNDS = ["ground", "surface", "raised"];
const TONES = ["accent", "danger", "warn", "good"];
/** [in front, behind, least ratio] */
const PAIRS: [string, string, number][] = [
  ...GROUNDS.flatMap((ground): [string, string, number][] => [
    ["text", ground, 7],
    ["text-soft", ground, 4.5],
    ["edge", ground, 3],
    ...TONES.map((tone): [string, string, number] => [tone, ground, 4.5]),
  ]),
  ...TONES.flatMap((tone): [string, string, number][] => [
    [`on-${tone}`, tone, 4.5],
    ["text", `${tone}-soft`, 7],
    ["text-soft", `${tone}-soft`, 4.5],
    [tone, `${tone}-soft`, 4.5],
  ]),
];

function colours(block: string): Map<string, string> {
  return new Map(
    [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((found) => [
      found[1] ?? "",
      found[2] ?? "",
    ]),
  );
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const [light = "", dark = ""] = css.split('[data-scheme="dark"]');

describe.each([
  ["light", colours(light)],
  ["dark", colours(dark)],
])("%s", (_, scheme) => {
  it.each(PAIRS)("%s can be told from %s", (front, behind, least) => {
    expect(contrast(scheme.get(front) ?? "", scheme.get(behind) ?? "")).toBeGreaterThanOrEqual(
      least,
    );
  });
});
