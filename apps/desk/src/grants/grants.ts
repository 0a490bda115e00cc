import { ok, type Schemas } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { useLoaded } from "@quancheng/client/use/loaded";
import { usePages } from "@quancheng/client/use/pages";
import { useTask } from "@quancheng/client/use/task";
import { computed, ref } from "vue";
import { CITY, widest } from "../people/areas";

export type Role = Schemas["Role"];
type Found = Schemas["AccountOfPhoneView"];
type Held = Schemas["GrantHolderView"];

/** Roles that one person alone cannot give: another confirms them. */
const STRONG: readonly Role[] = ["officer", "city_desk", "operator"];
/** The roles that somebody gives by hand; the others come with being a volunteer or a leader. */
export const GIVEN: readonly Role[] = ["committee", ...STRONG];

export function isStrong(role: Role): boolean {
  return STRONG.includes(role);
}

/** One line for each grant of each holder. */
export function flat(holders: readonly Held[]) {
  return holders.flatMap(({ account, grants }) => grants.map((grant) => ({ account, ...grant })));
}
export type Row = ReturnType<typeof flat>[number];

/** Who holds which role, and giving and taking them. */
export function useGrants() {
  const { api, session } = usePlatform();
  const mine = computed(() => session.account.value?.grants ?? []);
  const isDesk = computed(() => mine.value.some(({ role }) => role === "city_desk"));
  const isCity = computed(
    () => isDesk.value || mine.value.some((one) => one.role === "officer" && one.area === CITY),
  );
  const own = computed(() => (isDesk.value ? CITY : (widest(mine.value, ["officer"]) ?? CITY)));
  const area = ref(own.value);
  const role = ref<Role | undefined>();
  const list = usePages(
    (cursor) => {
      const query = { area: area.value, role: role.value, cursor, limit: 50 };
      return ok(api.GET("/api/v1/grants", { params: { query } }));
    },
    area,
    role,
  );
  const proposals = useLoaded(async () => {
    if (!isCity.value) return [];
    return (await ok(api.GET("/api/v1/grant-proposals", { params: { query: { limit: 50 } } })))
      .items;
  }, isCity);
  const taking = useTask(async (row: Row, reason: string) => {
    const path = { account: row.account, role: row.role, area: row.area };
    const body = { reason: reason || null };
    await ok(api.DELETE("/api/v1/grants/{account}/{role}/{area}", { params: { path }, body }));
    void list.restart();
    return true;
  });
  const deciding = useTask(async (id: string, is: boolean) => {
    const params = { params: { path: { id } } };
    await ok(
      is
        ? api.POST("/api/v1/grant-proposals/{id}/confirm", params)
        : api.POST("/api/v1/grant-proposals/{id}/decline", params),
    );
    void proposals.reload();
    void list.restart();
  });
  return { own, area, role, list, isDesk, isCity, proposals, taking, deciding, mine };
}

/** Gives a role to whoever has a phone number. */
export function useGiving(done: () => void) {
  const { api } = usePlatform();
  const found = ref<Found | null>(null);
  const given = ref<"given" | "proposed" | null>(null);
  const finding = useTask(async (phone: string) => {
    found.value = given.value = null;
    found.value = await ok(api.POST("/api/v1/accounts/by-phone", { body: { phone } }));
  });
  const giving = useTask(async (role: Role, area: string, reason: string) => {
    if (!found.value) return;
    const body = { account: found.value.account, role, area, reason };
    if (isStrong(role)) await ok(api.POST("/api/v1/grant-proposals", { body }));
    else await ok(api.POST("/api/v1/grants", { body }));
    given.value = isStrong(role) ? "proposed" : "given";
    found.value = null;
    done();
  });
  return { found, given, finding, giving };
}
