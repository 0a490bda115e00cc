import { usePlatform } from "@quancheng/client/platform";
import { computed } from "vue";

const SERVING = new Set(["volunteer", "leader"]);

/** Whether whoever is signed in can be called. */
export function useServing() {
  const { session } = usePlatform();
  return computed(
    () => session.account.value?.grants.some((grant) => SERVING.has(grant.role)) ?? false,
  );
}
