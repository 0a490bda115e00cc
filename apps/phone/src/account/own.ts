import { ok, type Schemas } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { useLoaded } from "@quancheng/client/use/loaded";

/** One's account as it is now: what the session knows is as old as its token. */
export function useOwnAccount() {
  const { api, session } = usePlatform();
  const { data, problem, busy, reload } = useLoaded(
    async (): Promise<Schemas["AccountView"] | null> =>
      session.account.value ? ok(api.GET("/api/v1/accounts/me")) : null,
    () => session.account.value?.id,
  );
  return { account: data, problem, busy, reload };
}
