import { readonly, ref } from "vue";

/** Rings and shakes. A browser lets a page sound only after somebody has touched it: `armed` says
 * whether it may, and the first touch arms it. */
const armed = ref(false);
let touched = false;
let context: AudioContext | null = null;
let ringing: ReturnType<typeof setInterval> | undefined;

const EVERY = 1600;
const SHAKE = [500, 200, 500];
/** Hertz and seconds: two tones that carry on a street, and are not those of a police siren. */
const TONES = [
  [880, 0],
  [660, 0.28],
  [880, 0.56],
] as const;

async function arm(): Promise<void> {
  try {
    context ??= new AudioContext();
    await context.resume();
  } catch {
    // No sound device, or forbidden: it shakes and is seen.
  }
  armed.value = context?.state === "running";
  touched = true;
  if (armed.value) for (const kind of ["pointerdown", "keydown"]) removeEventListener(kind, touch);
}
const touch = () => void arm();

/** As the shell opens. */
export function beginAlarm(): void {
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, touch);
}

/** Without a touch before, a browser refuses it and complains. */
function shake(pattern: number[]): void {
  if (touched) (navigator as Partial<Navigator>).vibrate?.(pattern);
}

function once(): void {
  shake(SHAKE);
  if (context?.state !== "running") return;
  for (const [hertz, after] of TONES) {
    const tone = new OscillatorNode(context, { type: "triangle", frequency: hertz });
    const volume = new GainNode(context, { gain: 0 });
    const from = context.currentTime + after;
    volume.gain.linearRampToValueAtTime(0, from);
    volume.gain.linearRampToValueAtTime(0.7, from + 0.02);
    volume.gain.setTargetAtTime(0, from + 0.2, 0.03);
    tone.connect(volume).connect(context.destination);
    tone.start(from);
    tone.stop(from + 0.4);
  }
}

export const alarm = {
  armed: readonly(armed),
  /** Once, so that somebody hears what a call sounds like. */
  async tryOut(): Promise<void> {
    await arm();
    once();
  },
  begin(): void {
    if (ringing !== undefined) return;
    once();
    ringing = setInterval(once, EVERY);
  },
  end(): void {
    if (ringing === undefined) return;
    clearInterval(ringing);
    ringing = undefined;
    shake([]);
  },
};
