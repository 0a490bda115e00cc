import { usePlatform } from "@quancheng/client/platform";
import type { Account } from "@quancheng/client/session";
import { computed } from "vue";

type Role = Account["grants"][number]["role"];

/** Whether `account` has one of `roles` for `area`; for any area where none is given. */
export function holds(account: Account | null, roles: readonly Role[], area = ""): boolean {
  return (account?.grants ?? []).some(
    (grant) => roles.includes(grant.role) && (area === "" || area.startsWith(grant.area)),
  );
}

/** What the person at this desk is, for menus and buttons. The platform decides once more. */
export function useRoles() {
  const { account } = usePlatform().session;
  const has = (roles: readonly Role[], area?: string) => holds(account.value, roles, area);
  const areas = computed(() => [
    ...new Set(
      account.value?.grants.filter(({ role }) => role === "officer").map(({ area }) => area),
    ),
  ]);
  return { account, has, areas };
}
