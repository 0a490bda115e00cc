import { ok } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { useLoaded } from "@quancheng/client/use/loaded";
import { shared } from "@quancheng/client/use/shared";
import { useTask } from "@quancheng/client/use/task";
import { computed, onScopeDispose, ref, watch } from "vue";
import { useAwake } from "./awake";
import { EVERY, qualityOf, without, withFix, type Fix } from "./fixes";
import { locate, LocationError, watchLocation, type LocationFault } from "./location";
import { useServing } from "./serving";

/** Milliseconds without a sign of this page's own timer after which the phone has slept. */
const ASLEEP = 90_000;
const TICK = 5_000;

/** Being on duty: the switch, and the places that are sent meanwhile. One for all components; goes on
 * for as long as the shell shows somebody who can be called. */
export const useDuty = shared(() => {
  const { api } = usePlatform();
  const serving = useServing();
  const loaded = useLoaded(
    () => (serving.value ? ok(api.GET("/api/v1/duty/me")) : Promise.resolve(null)),
    serving,
  );
  const duty = loaded.data;
  const onDuty = computed(() => duty.value?.on_duty ?? false);
  const engaged = computed(() => duty.value?.engaged ?? null);
  const places = usePlaces(onDuty, engaged, loaded.reload);
  const { held: awake } = useAwake(onDuty);
  const fault = ref<LocationFault | null>(null);

  const starting = useTask(async () => {
    fault.value = null;
    let fix: Fix;
    try {
      fix = await locate();
    } catch (reason) {
      if (!(reason instanceof LocationError)) throw reason;
      fault.value = reason.fault;
      return;
    }
    const { longitude, latitude } = fix;
    const body = { location: { longitude, latitude, datum: "wgs84" as const } };
    duty.value = await ok(api.POST("/api/v1/duty/start", { body }));
    places.take(fix);
  });
  const ending = useTask(async () => {
    duty.value = await ok(api.POST("/api/v1/duty/end"));
  });
  return { ...loaded, duty, onDuty, serving, starting, ending, fault, places, awake };
});

/** Gathers where the phone is while on duty, and sends it in batches: more often while called. */
function usePlaces(
  onDuty: { readonly value: boolean },
  engaged: { readonly value: string | null },
  offDuty: () => Promise<void>,
) {
  const { api } = usePlatform();
  const last = ref<Fix | null>(null);
  const fault = ref<LocationFault | null>(null);
  const sentAt = ref<number | null>(null);
  const clockOff = ref<number | null>(null);
  const outside = ref(false);
  const sleptFor = ref<number | null>(null);
  const now = ref(Date.now());
  let fixes: readonly Fix[] = [];
  let stop = (): void => undefined;
  let ticked = Date.now();
  let tried = 0;

  function take(fix: Fix): void {
    fault.value = null;
    last.value = fix;
    fixes = withFix(fixes, fix);
    if (sentAt.value === null) void sending.run();
  }

  const sending = useTask(async () => {
    tried = Date.now();
    if (fixes.length === 0) await locate().then(take, () => undefined);
    const batch = fixes;
    if (batch.length === 0) return;
    const body = {
      positions: batch.map(({ longitude, latitude, at }) => ({
        longitude,
        latitude,
        datum: "wgs84" as const,
        at: new Date(at).toISOString(),
      })),
      sent_at: new Date().toISOString(),
    };
    const signal = AbortSignal.timeout(20_000);
    const became = await ok(api.POST("/api/v1/positions", { body, signal }));
    fixes = without(fixes, batch);
    clockOff.value = became.clock_off_s;
    outside.value = became.outside > 0 && became.accepted === 0;
    if (became.status === "off_duty") await offDuty();
    else sentAt.value = Date.now();
  });

  /** The phone's own timers stand still while it sleeps: a gap between two ticks is a sleep. */
  function tick(): void {
    now.value = Date.now();
    const gap = now.value - ticked;
    ticked = now.value;
    if (!onDuty.value) return;
    if (gap > ASLEEP) {
      sleptFor.value = gap;
      void offDuty();
    }
    const every = engaged.value ? EVERY.called : EVERY.waiting;
    if (now.value - tried >= every || gap > ASLEEP) void sending.run();
  }
  const timer = setInterval(tick, TICK);
  document.addEventListener("visibilitychange", tick);
  addEventListener("online", tick);
  watch(
    () => onDuty.value,
    (is) => {
      stop();
      stop = is
        ? watchLocation(take, (found) => {
            fault.value = found;
          })
        : () => undefined;
      if (is) return;
      fixes = [];
      last.value = fault.value = sentAt.value = sleptFor.value = null;
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    stop();
    clearInterval(timer);
    document.removeEventListener("visibilitychange", tick);
    removeEventListener("online", tick);
  });
  const quality = computed(() => qualityOf(last.value));
  return {
    take,
    send: sending.run,
    sending,
    last,
    quality,
    fault,
    sentAt,
    clockOff,
    outside,
    sleptFor,
    now,
  };
}
