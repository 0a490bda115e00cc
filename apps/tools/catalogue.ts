// The text catalogue, as the apps need it.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";

export type Language = "zh" | "en";
export type AppName = "phone" | "desk" | "screen";
export type Entry = Record<Language, string>;

export const FOLDER = join(import.meta.dirname, "../../contracts/texts");
/** Sections that every app carries: its own words, and names of what the platform has states and
 * categories of. A page's words are in `<app>_<noun>`. */
const SHARED = new Set(["app", "role", "category", "outcome", "state"]);

function sections(): Map<string, Entry> {
  const found = new Map<string, Entry>();
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith(".toml"))) {
    const content = parse(readFileSync(join(FOLDER, file), "utf8")) as Record<
      string,
      Record<string, Entry>
    >;
    for (const [section, entries] of Object.entries(content)) {
      for (const [key, entry] of Object.entries(entries)) found.set(`${section}.${key}`, entry);
    }
  }
  return found;
}

/** The entries of one section. */
export function entriesOf(section: string): Record<string, Entry> {
  const prefix = `${section}.`;
  return Object.fromEntries(
    [...sections()]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, { zh, en }]) => [key.slice(prefix.length), { zh, en }]),
  );
}

function belongs(key: string, app: AppName): boolean {
  const section = key.slice(0, key.indexOf("."));
  return SHARED.has(section) || section.startsWith(`${app}_`);
}

/** Key -> text, of what `app` shows. */
export function catalogue(app: AppName, language: Language): Record<string, string> {
  const own = [...sections()].filter(([key]) => belongs(key, app));
  return Object.fromEntries(own.map(([key, entry]) => [key, entry[language]]));
}

/** The keys of all apps, as a type: a key that is not in the catalogue fails the type check. */
export function keysAsType(): string {
  const apps: AppName[] = ["phone", "desk", "screen"];
  const keys = [...sections().keys()].filter((key) => apps.some((app) => belongs(key, app)));
  return `export type TextKey =\n${keys.map((key) => `  | "${key}"`).join("\n")};\n`;
}
