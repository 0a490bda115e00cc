import type { Errand } from "@quancheng/client/outbox";
import { usePlatform } from "@quancheng/client/platform";
import { computed, ref, watch } from "vue";
import { useDuty } from "../duty/duty";
import { useCurrentCall } from "./current";

export type Step =
  "accept" | "decline" | "on-the-way" | "arrive" | "finish" | "withdraw" | "still-here" | "note";

/** Milliseconds for which it makes sense to send a step later. An answer's are the call's own. */
const KEPT: Record<Exclude<Step, "accept" | "decline">, number> = {
  "on-the-way": 10 * 60_000,
  arrive: 10 * 60_000,
  finish: 4 * 3_600_000,
  withdraw: 30 * 60_000,
  "still-here": 5 * 60_000,
  note: 4 * 3_600_000,
};

/** What is so with the last step, as far as it is known here. Only `GET /callouts/current` says
 * "accepted": `waiting` has not reached the platform for certain, `lapsed` may have. */
export type Standing = "none" | "waiting" | "refused" | "lapsed";

export function standingOf(errand: Errand | null): Standing {
  return !errand || errand.state === "sent" ? "none" : errand.state;
}

/** Until when a step is worth sending, by this device's clock. */
export function keptUntil(step: Step, secondsLeft: number | null, now: number): number {
  const lasting = step === "accept" || step === "decline" ? (secondsLeft ?? 0) * 1000 : KEPT[step];
  return now + lasting;
}

/** The steps of the current call. Each goes through the outbox: what is tapped without a connection is
 * sent when there is one, once, and only while it makes sense. */
export function useAnswer() {
  const { outbox } = usePlatform();
  const { call, secondsLeft, reload } = useCurrentCall();
  const { places } = useDuty();
  const busy = ref<Step | null>(null);

  const mine = computed(() =>
    outbox.errands.value.filter((each) => each.kind.startsWith(`${call.value?.callout ?? "-"}:`)),
  );
  const last = computed(() => mine.value.at(-1) ?? null);
  const standing = computed(() => standingOf(last.value));
  const step = computed(() => (last.value?.kind.split(":")[1] ?? null) as Step | null);
  const refusal = computed(() => last.value?.refusal ?? null);

  async function say(next: Step, body: Record<string, unknown> = {}): Promise<boolean> {
    const { value } = call;
    if (!value || busy.value) return false;
    busy.value = next;
    try {
      await forget();
      // The arrival is compared with the last place: it goes first.
      if (next === "arrive") await places.send();
      const path =
        next === "note"
          ? `/api/v1/reports/${value.report ?? ""}/notes`
          : `/api/v1/callouts/${value.callout}/${next}`;
      const until = keptUntil(next, secondsLeft.value, Date.now());
      const kind = `${value.callout}:${next}`;
      const errand = await outbox.add({ kind, method: "POST", path, body, until });
      await reload();
      return errand.state === "sent";
    } finally {
      busy.value = null;
    }
  }

  /** Takes back what has not been sent, or what was refused. */
  async function forget(): Promise<void> {
    for (const { key } of mine.value) await outbox.drop(key);
  }

  // Sent later, by the outbox: what is so now?
  watch(
    () => mine.value.filter((each) => each.state !== "waiting").length,
    (count, before) => {
      if (count > before && !busy.value) void reload();
    },
  );
  return { say, forget, busy, standing, step, refusal };
}
