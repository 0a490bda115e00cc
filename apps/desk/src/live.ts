import type { StreamMessage } from "@quancheng/client/stream";
import { useStream } from "@quancheng/client/use/stream";
import { inject, onScopeDispose, provide, type InjectionKey, type Ref } from "vue";

type Listener = (message: StreamMessage) => void;
interface Live {
  live: Readonly<Ref<boolean>>;
  listeners: Set<Listener>;
}
const KEY: InjectionKey<Live> = Symbol("live");

/** Opens the one stream of this tab, for all that the shell shows. */
export function provideLive(): Live {
  const listeners = new Set<Listener>();
  const { live } = useStream((message) => {
    for (const listener of listeners) listener(message);
  });
  const all = { live, listeners };
  provide(KEY, all);
  return all;
}

/** Listens to the tab's stream for as long as the caller is shown. */
export function useLive(listener: Listener, given = inject(KEY)) {
  if (!given) throw new Error("no stream: provideLive() was not called");
  given.listeners.add(listener);
  onScopeDispose(() => given.listeners.delete(listener));
  return { live: given.live };
}
