import { onMounted, onUnmounted } from "vue";

/** One key each for what a page does most. Not while somebody writes, or a dialog asks. */
export function useKeys(keys: Readonly<Record<string, () => void>>): void {
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isBusy(event.target)) return;
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  onMounted(() => {
    addEventListener("keydown", press);
  });
  onUnmounted(() => {
    removeEventListener("keydown", press);
  });
}

function isBusy(target: EventTarget | null): boolean {
  if (document.querySelector("dialog[open]")) return true;
  return target instanceof Element && target.closest("input, textarea, select") !== null;
}
