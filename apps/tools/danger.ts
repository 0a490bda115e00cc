// The certain signs of danger, as the phone looks for them: what the platform reads, in its own file.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { entriesOf, type Entry } from "./catalogue.ts";

const FOLDER = join(import.meta.dirname, "../../services/incidents/routing/domain");

interface Signs {
  denied: string;
  past: string;
  supposed: string;
  told: string;
  over: string;
  sign: Record<string, { any: string[]; unless?: string[] }>;
}

export interface DangerWords {
  /** Patterns: before a sign, before a sign, and anywhere in its clause. */
  denied: string;
  supposed: string;
  elsewhere: string;
  /** `said`: what was found, in both languages. */
  signs: { name: string; any: string; unless: string | null; said: Entry }[];
}

/** Fails where a pattern is not one for a browser too. */
export function dangerWords(): DangerWords {
  const newest = readdirSync(FOLDER)
    .filter((name) => /^signs-.*\.toml$/.test(name))
    .map((name) => name.slice(0, -".toml".length))
    .sort()
    .at(-1);
  if (!newest) throw new Error(`no signs in ${FOLDER}`);
  const raw = parse(readFileSync(join(FOLDER, `${newest}.toml`), "utf8")) as unknown as Signs;
  const said = entriesOf("because");
  const signs = Object.entries(raw.sign).map(([name, { any, unless }]) => {
    const words = said[name];
    if (!words) throw new Error(`no text because.${name}`);
    return { name, any: any.join("|"), unless: unless?.join("|") ?? null, said: words };
  });
  const elsewhere = [raw.past, raw.told, raw.over].join("|");
  const found = { denied: raw.denied, supposed: raw.supposed, elsewhere, signs };
  for (const pattern of patternsOf(found)) new RegExp(pattern);
  return found;
}

function patternsOf({ denied, supposed, elsewhere, signs }: DangerWords): string[] {
  const own = signs.flatMap(({ any, unless }) => (unless === null ? [any] : [any, unless]));
  return [denied, supposed, elsewhere, ...own];
}
