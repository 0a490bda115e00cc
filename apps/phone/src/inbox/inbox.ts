import { ok, type Schemas } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { usePages, type Page } from "@quancheng/client/use/pages";
import { useStream } from "@quancheng/client/use/stream";
import { useTask } from "@quancheng/client/use/task";
import { computed, ref, watch } from "vue";
import { useUnread } from "./unread";

export type Message = Schemas["MessageView"];

/** Those that came on top of those that were loaded, each once, the newest state of each, newest first. */
export function merged(loaded: readonly Message[], came: readonly Message[]): Message[] {
  const byId = new Map<string, Message>();
  for (const message of [...came, ...loaded]) {
    const known = byId.get(message.id);
    byId.set(message.id, known ? later(known, message) : message);
  }
  return [...byId.values()].sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
}

/** Read or acknowledged once is so for good. */
function later(one: Message, other: Message): Message {
  return {
    ...one,
    read_at: one.read_at ?? other.read_at,
    acknowledged_at: one.acknowledged_at ?? other.acknowledged_at,
  };
}

/** Whether the sender waits for a sign that it was seen. */
export function wantsSign(message: Message, now: number): boolean {
  const calls = message.kind === "alert" || message.kind === "escalation";
  const over = message.expires_at !== null && Date.parse(message.expires_at) <= now;
  return calls && message.acknowledged_at === null && !over;
}

/** My messages, live. */
export function useInbox() {
  const { api, session } = usePlatform();
  const unread = useUnread();
  const account = () => session.account.value?.id;
  const onlyUnread = ref(false);
  const came = ref<Message[]>([]);
  const pages = usePages(
    (cursor): Promise<Page<Message>> =>
      account()
        ? ok(
            api.GET("/api/v1/inbox", {
              params: { query: { cursor, unread: onlyUnread.value, limit: 30 } },
            }),
          )
        : Promise.resolve({ items: [], next: null }),
    account,
    onlyUnread,
  );
  watch(account, () => {
    came.value = [];
  });
  const { live } = useStream((message) => {
    came.value = merged(came.value, [message]);
  });
  watch(live, (is, was) => {
    // What the stream no longer keeps, the list has.
    if (is && !was) void pages.restart();
  });
  const messages = computed(() => {
    const all = merged(pages.items.value, came.value);
    return onlyUnread.value ? all.filter((each) => each.read_at === null) : all;
  });

  const readAll = useTask(async () => {
    const [newest] = messages.value;
    if (!newest) return;
    await ok(api.POST("/api/v1/inbox/read", { body: { until: newest.at } }));
    came.value = [];
    await Promise.all([pages.restart(), unread.reload()]);
  });
  const marking = useTask(async (message: Message, how: "read" | "acknowledge") => {
    const params = { path: { message: message.id } };
    const marked =
      how === "read"
        ? await ok(api.POST("/api/v1/inbox/{message}/read", { params }))
        : await ok(api.POST("/api/v1/inbox/{message}/acknowledge", { params }));
    came.value = merged([marked], came.value);
    await unread.reload();
  });
  return { ...pages, messages, live, onlyUnread, unread: unread.unread, readAll, marking };
}
