import words from "virtual:danger";

interface Rule {
  name: string;
  any: RegExp;
  unless: RegExp | null;
  said: Record<"zh" | "en", string>;
}

const CLAUSE = /[,。;!?:、…\n]+/;
/** Characters before a sign that can deny it, as in services/incidents/routing/domain/signs.py. */
const CONTEXT = 12;
const CHINESE = "\u3400-\u9fff";
const GAP = new RegExp(`(?<=[${CHINESE}])[\\s.*_·•|/\\\\~+=#@&'"()\\-]+(?=[${CHINESE}])`, "g");
const HIDDEN = /[\p{Cf}\p{Mn}\u115f\u1160\u3164\uffa0\u2800]/gu;

let compiled: { denied: RegExp; supposed: RegExp; elsewhere: RegExp; rules: Rule[] } | null = null;

function rules() {
  compiled ??= {
    denied: new RegExp(words.denied),
    supposed: new RegExp(words.supposed),
    elsewhere: new RegExp(words.elsewhere),
    rules: words.signs.map(({ name, any, unless, said }) => ({
      name,
      any: new RegExp(any, "g"),
      unless: unless === null ? null : new RegExp(unless),
      said,
    })),
  };
  return compiled;
}

/** The form in which signs are looked for. The platform does more (traditional characters, numbers);
 * its answer counts, this only saves a person seconds. */
export function normalised(text: string): string {
  return text.slice(0, 2000).normalize("NFKC").replace(HIDDEN, "").toLowerCase().replace(GAP, "");
}

/** The first certain sign of danger in what somebody wrote. */
export function dangerIn(text: string): { name: string; said: Rule["said"] } | null {
  const clauses = normalised(text).split(CLAUSE).filter(Boolean);
  return rules().rules.find((rule) => clauses.some((clause) => standsIn(rule, clause))) ?? null;
}

function standsIn(rule: Rule, clause: string): boolean {
  const { denied, supposed, elsewhere } = rules();
  if (rule.unless?.test(clause) || elsewhere.test(clause)) return false;
  return [...clause.matchAll(rule.any)].some(({ index }) => {
    const before = clause.slice(Math.max(0, index - CONTEXT), index);
    return !denied.test(before) && !supposed.test(before);
  });
}
