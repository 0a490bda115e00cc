import { ok, type Schemas } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { useLoaded } from "@quancheng/client/use/loaded";
import { computed, inject, onScopeDispose, provide, watch, type InjectionKey } from "vue";
import { useLive } from "../live";
import { useRoles } from "../roles";
import { isUrgent, UrgentItems, useBell } from "./alarm";

export type QueueItem = Schemas["QueueItemView"];
/** Milliseconds. The stream tells only what concerns this person; others' items come by this. */
const EVERY = 20_000;
/** Milliseconds in which several messages are one look. */
const TOGETHER = 300;

function createQueue(live: Parameters<typeof useLive>[1]) {
  const { api, session } = usePlatform();
  const { has } = useRoles();
  const bell = useBell();
  const urgentItems = new UrgentItems();
  const may = () => has(["officer", "committee"]);

  const loaded = useLoaded(
    async () =>
      may() ? ok(api.GET("/api/v1/queue", { params: { query: { limit: 200 } } })) : null,
    () => session.account.value?.id,
  );
  const items = computed<readonly QueueItem[]>(() => loaded.data.value?.items ?? []);
  const urgent = computed(() => items.value.filter(isUrgent).length);
  const more = computed(() => loaded.data.value?.next != null);
  watch(loaded.data, (page) => {
    if (page && urgentItems.fresh(page.items).length) bell.ring();
  });

  let soon: ReturnType<typeof setTimeout> | undefined;
  const stream = useLive(() => {
    clearTimeout(soon);
    soon = setTimeout(() => void loaded.reload(), TOGETHER);
  }, live);
  // After a break the list may have changed without a message to this person.
  watch(stream.live, (is) => {
    if (is) void loaded.reload();
  });
  const timer = setInterval(() => {
    if (may()) void loaded.reload();
  }, EVERY);
  onScopeDispose(() => {
    clearTimeout(soon);
    clearInterval(timer);
  });
  return { ...loaded, items, urgent, more, live: stream.live, bell };
}

type Queue = ReturnType<typeof createQueue>;
const KEY: InjectionKey<Queue> = Symbol("queue");

/** Follows the queue on every page, so that an urgent item rings wherever one is. */
export function provideQueue(live: Parameters<typeof useLive>[1]): Queue {
  const queue = createQueue(live);
  provide(KEY, queue);
  return queue;
}

export function useQueue(): Queue {
  const queue = inject(KEY);
  if (!queue) throw new Error("no queue: provideQueue() was not called");
  return queue;
}
