import { onScopeDispose, readonly, ref, watch, type Ref } from "vue";

/** Keeps the display on while `wanted`: a phone that sleeps is neither located nor rung. `held` is
 * false where the phone refuses, for instance to save its battery. */
export function useAwake(wanted: Ref<boolean>) {
  const held = ref(false);
  let lock: WakeLockSentinel | null = null;

  async function hold(): Promise<void> {
    // TypeScript thinks that every browser has it.
    const wakeLock = navigator.wakeLock as WakeLock | undefined;
    if (!wanted.value || lock || !wakeLock || document.visibilityState !== "visible") return;
    try {
      const got = await wakeLock.request("screen");
      lock = got;
      held.value = true;
      got.addEventListener("release", () => {
        lock = null;
        held.value = false;
      });
      if (!stillWanted()) release();
    } catch {
      held.value = false;
    }
  }

  const stillWanted = () => wanted.value;

  function release(): void {
    void lock?.release();
  }
  // The system takes it away whenever the page is hidden.
  const look = () => void hold();
  document.addEventListener("visibilitychange", look);
  watch(
    wanted,
    (is) => {
      if (is) void hold();
      else release();
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    document.removeEventListener("visibilitychange", look);
    release();
  });
  return { held: readonly(held) };
}
