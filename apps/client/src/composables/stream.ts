import { onScopeDispose, readonly, ref, watch } from "vue";
import { usePlatform } from "../platform";
import { followStream, type StreamMessage } from "../stream";
import { shared } from "./shared";

type Listener = (message: StreamMessage) => void;

/** Gives each message of whoever is signed in as it comes, for as long as the caller is shown.
 * `live` is false while the connection is being made again: say so to the person. All callers of a
 * page share one connection. */
export function useStream(onMessage: Listener) {
  const { live, listeners } = useConnection();
  listeners.add(onMessage);
  onScopeDispose(() => {
    listeners.delete(onMessage);
  });
  return { live };
}

const useConnection = shared(() => {
  const { session } = usePlatform();
  const live = ref(false);
  const listeners = new Set<Listener>();
  const onMessage = (message: StreamMessage) => {
    for (const listener of listeners) listener(message);
  };
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
  return { live: readonly(live), listeners };
});
