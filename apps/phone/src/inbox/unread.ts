import { ok } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { useLoaded } from "@quancheng/client/use/loaded";
import { shared } from "@quancheng/client/use/shared";
import { useStream } from "@quancheng/client/use/stream";
import { watch } from "vue";

/** How many messages are unread, live. One for all components. */
export const useUnread = shared(() => {
  const { api, session } = usePlatform();
  const account = () => session.account.value?.id;
  const loaded = useLoaded(
    () => (account() ? ok(api.GET("/api/v1/inbox/unread")) : Promise.resolve(null)),
    account,
  );
  // Counted by the platform: another device may have read some meanwhile.
  const { live } = useStream(() => void loaded.reload());
  watch(live, (is) => {
    if (is) void loaded.reload();
  });
  return { unread: loaded.data, reload: loaded.reload };
});
