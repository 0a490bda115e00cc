import { ok, type Schemas } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { useLoaded } from "@quancheng/client/use/loaded";
import { shared } from "@quancheng/client/use/shared";
import { useStream } from "@quancheng/client/use/stream";
import { computed, onScopeDispose, shallowRef, watch } from "vue";
import { useServing } from "../duty/serving";
import { clocks, isDoubtful, secondsUntil, serverTime, type ServerTime } from "./countdown";

export type Call = Schemas["CurrentCallView"];
export type Callout = Schemas["CalloutView"];
/** How a call that was shown ended for this person. */
export type Farewell = Pick<Callout, "id" | "category"> & { me: NonNullable<Callout["me"]> };

/** Milliseconds. Messages tell of each change; this is for the one that never came. */
const AGAIN = { called: 5_000, coming: 20_000, notLive: 20_000, quiet: 120_000 };
const PATIENCE = 10_000;

/** The call that this person is asked to answer, or has accepted: `GET /callouts/current` is the only
 * thing that says so. Read anew whenever something may have changed it: a message, a connection that
 * is back, a page that is looked at again, the end of the time. */
export const useCurrentCall = shared(() => {
  const { api } = usePlatform();
  const serving = useServing();
  const time = shallowRef<ServerTime | null>(null);
  const farewell = shallowRef<Farewell | null>(null);
  const now = shallowRef(clocks());
  let readAt = 0;

  const loaded = useLoaded(async () => {
    readAt = Date.now();
    if (!serving.value) return null;
    const asked = clocks();
    const signal = AbortSignal.timeout(PATIENCE);
    const { at, call } = await ok(api.GET("/api/v1/callouts/current", { signal }));
    time.value = serverTime(at, asked);
    now.value = clocks();
    return call;
  }, serving);
  const call = loaded.data;
  const { reload } = loaded;

  watch(call, (is, was) => {
    if (is) farewell.value = null;
    if (was && was.callout !== is?.callout) void sayFarewell(was);
  });

  async function sayFarewell(was: Call): Promise<void> {
    const path = { id: was.callout };
    const found = await ok(api.GET("/api/v1/callouts/{id}", { params: { path } })).catch(
      () => null,
    );
    if (found?.me && !call.value && found.me.state !== "declined") {
      farewell.value = { id: found.id, category: found.category, me: found.me };
    }
  }

  const secondsLeft = computed(() => {
    if (call.value?.state !== "called" || !time.value) return null;
    return secondsUntil(call.value.expires_at, time.value, now.value);
  });

  const { live } = useStream(({ kind, callout }) => {
    if (callout !== null || kind === "alert" || kind === "stand_down") void reload();
  });
  const readAnew = () => {
    if (document.visibilityState === "visible") void reload();
  };
  watch(live, (is) => {
    if (is) void reload();
  });

  function tick(): void {
    now.value = clocks();
    if (!serving.value) return;
    const age = Date.now() - readAt;
    const over = secondsLeft.value === 0;
    const doubtful = time.value !== null && isDoubtful(time.value, now.value);
    if (over || doubtful ? age >= 2000 || age < 0 : age >= wait()) void reload();
  }
  function wait(): number {
    if (call.value) return call.value.state === "called" ? AGAIN.called : AGAIN.coming;
    return live.value ? AGAIN.quiet : AGAIN.notLive;
  }
  const timer = setInterval(tick, 500);
  document.addEventListener("visibilitychange", readAnew);
  addEventListener("online", readAnew);
  onScopeDispose(() => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", readAnew);
    removeEventListener("online", readAnew);
  });
  return { ...loaded, call, secondsLeft, farewell, live };
});
