import { onScopeDispose, readonly, ref, watch } from "vue";
import { usePlatform } from "../platform";
import { followStream, type StreamMessage } from "../stream";

/** Gives each message of whoever is signed in as it comes, for as long as the caller is shown.
 * `live` is false while the connection is being made again: say so to the person. */
export function useStream(onMessage: (message: StreamMessage) => void) {
  const { session } = usePlatform();
  const live = ref(false);
  let ending = new AbortController();
  watch(
    () => session.account.value?.id,
    (account) => {
      ending.abort();
      ending = new AbortController();
      const { signal } = ending;
      const onState = (is: boolean) => {
        if (!signal.aborted) live.value = is;
      };
      if (account) void followStream({ token: () => session.token(), onMessage, onState, signal });
      else live.value = false;
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    ending.abort();
  });
  return { live: readonly(live) };
}
