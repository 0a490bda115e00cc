import type { Schemas } from "@quancheng/client/api";
import { onScopeDispose, ref } from "vue";

type Item = Pick<Schemas["QueueItemView"], "id" | "urgency" | "danger" | "triage" | "waits_for">;

/** Whether it cannot wait for somebody to look at the list by chance. */
export function isUrgent(item: Omit<Item, "id">): boolean {
  if (item.waits_for !== "acknowledge" && item.waits_for !== "decide") return false;
  return item.urgency === "urgent" || item.triage === "urgent" || item.danger !== "none";
}

/** What is urgent in a list. Tells which of it was not there at the look before; at the first look
 * nothing is new, so that signing in does not ring. */
export class UrgentItems {
  private before: ReadonlySet<string> | null = null;

  fresh(items: readonly Item[]): string[] {
    const now = new Set(items.filter(isUrgent).map(({ id }) => id));
    const found = this.before === null ? [] : [...now].filter((id) => !this.before?.has(id));
    this.before = now;
    return found;
  }
}

/** Two tones, twice. A browser lets a page sound only after somebody has touched it: `ready` tells. */
export function useBell() {
  const ready = ref(false);
  let audio: AudioContext | null = null;

  const wake = () => {
    audio ??= new AudioContext();
    void audio.resume().then(() => {
      ready.value = audio?.state === "running";
    });
  };
  addEventListener("pointerdown", wake, { once: true });
  addEventListener("keydown", wake, { once: true });
  onScopeDispose(() => {
    removeEventListener("pointerdown", wake);
    removeEventListener("keydown", wake);
    void audio?.close();
  });

  function ring(): void {
    if (!audio || audio.state !== "running") return;
    [880, 660, 880, 660].forEach((pitch, turn) => {
      tone(audio as AudioContext, pitch, turn * 0.28);
    });
  }
  return { ring, ready };
}

function tone(audio: AudioContext, pitch: number, after: number): void {
  const begin = audio.currentTime + after;
  const [source, volume] = [audio.createOscillator(), audio.createGain()];
  source.frequency.value = pitch;
  volume.gain.setValueAtTime(0.0001, begin);
  volume.gain.exponentialRampToValueAtTime(0.25, begin + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, begin + 0.26);
  source.connect(volume).connect(audio.destination);
  source.start(begin);
  source.stop(begin + 0.28);
}
