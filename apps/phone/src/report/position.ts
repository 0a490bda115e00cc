import { ref, shallowRef } from "vue";

export interface Position {
  /** WGS-84 degrees. */
  longitude: number;
  latitude: number;
  /** Radius in metres within which it lies; null where a person or a photo said it. */
  accuracy: number | null;
}

export type PositionState = "none" | "looking" | "found" | "denied" | "unavailable";

/** Where this phone is. A browser's position is WGS-84. */
export function usePosition() {
  const position = shallowRef<Position | null>(null);
  const state = ref<PositionState>("none");

  function look(): void {
    // Absent in a page that came over plain HTTP.
    const found = navigator.geolocation as Geolocation | undefined;
    if (!found) {
      state.value = "unavailable";
      return;
    }
    state.value = "looking";
    found.getCurrentPosition(
      ({ coords }) => {
        // A place chosen meanwhile is the better one.
        if (state.value !== "looking") return;
        set({ longitude: coords.longitude, latitude: coords.latitude, accuracy: coords.accuracy });
      },
      ({ code }) => {
        if (state.value === "looking") state.value = code === 1 ? "denied" : "unavailable";
      },
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 30_000 },
    );
  }

  function set(wanted: Position): void {
    position.value = wanted;
    state.value = "found";
  }

  /** It happened elsewhere. */
  function clear(): void {
    position.value = null;
    state.value = "none";
  }
  return { position, state, look, set, clear };
}
