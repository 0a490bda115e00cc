import { ok, type Schemas } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { Problem } from "@quancheng/client/problem";
import { t } from "@quancheng/client/texts";
import { shallowReactive } from "vue";

export type Division = Pick<Schemas["DivisionView"], "code" | "name">;
export const CITY = "3701";
/** Lengths of an area's code: city, district, street, community. */
const LEVELS = [4, 6, 9, 12] as const;

/** What `code` lies in, the largest first, itself last: 3701, 370104, 370104009. */
export function upwards(code: string): string[] {
  return LEVELS.filter((length) => length <= code.length).map((length) => code.slice(0, length));
}

const asked = new Map<string, Promise<readonly Division[]>>();
const names = shallowReactive(new Map<string, string>());

/** The official names of areas. They hardly change: each list is asked for once. */
export function useAreas() {
  const { api } = usePlatform();

  /** What lies directly in `parent`. Throws Problem. */
  function within(parent: string): Promise<readonly Division[]> {
    const known = asked.get(parent);
    if (known) return known;
    const query = { parent, limit: 200 };
    const asking = ok(api.GET("/api/v1/divisions", { params: { query } })).then(({ items }) => {
      for (const { code, name } of items) names.set(code, name);
      return items;
    });
    asked.set(parent, asking);
    asking.catch(() => asked.delete(parent));
    return asking;
  }

  /** Finds the names of `codes`; where it cannot, the codes stay. */
  async function look(codes: readonly string[]): Promise<void> {
    const parents = codes.flatMap((code) => upwards(code).slice(0, -1));
    await Promise.all(
      [...new Set(parents)].map((parent) =>
        within(parent).catch((reason: unknown) => {
          if (!(reason instanceof Problem)) throw reason;
        }),
      ),
    );
  }

  /** One name: that of the area itself. */
  function name(code: string): string {
    return code === CITY ? t("desk_people.city") : (names.get(code) ?? code);
  }
  return { within, look, name };
}

/** The widest area of those for which somebody holds one of `roles`; null without any. */
export function widest(
  grants: readonly Pick<Schemas["GrantView"], "role" | "area">[],
  roles: readonly string[],
): string | null {
  const areas = grants.filter(({ role }) => roles.includes(role)).map(({ area }) => area);
  return areas.sort((one, other) => one.length - other.length)[0] ?? null;
}
