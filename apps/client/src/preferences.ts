import { reactive, ref, watchEffect } from "vue";
import { kept } from "./kept";

export type Scheme = "auto" | "light" | "dark";

/** How somebody wants to see the screens on this device: large (care mode) and light or dark. */
export const preferences = reactive({
  care: kept.get("care") === "1",
  scheme: (kept.get("scheme") ?? "auto") as Scheme,
});

/** What is shown now. Read by what draws on a canvas. */
export const scheme = ref<"light" | "dark">("light");

/** Puts the preferences into the page and keeps them there. Component kits look at the classes. */
export function beginPreferences(): void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const isDark = preferences.scheme === "dark" || (preferences.scheme === "auto" && dark.matches);
    const { classList, dataset } = document.documentElement;
    dataset.scheme = isDark ? "dark" : "light";
    scheme.value = dataset.scheme === "dark" ? "dark" : "light";
    classList.toggle("dark", isDark);
    classList.toggle("van-theme-dark", isDark);
  };
  dark.addEventListener("change", apply);
  watchEffect(() => {
    apply();
    document.documentElement.classList.toggle("care", preferences.care);
    kept.set("care", preferences.care ? "1" : null);
    kept.set("scheme", preferences.scheme === "auto" ? null : preferences.scheme);
  });
}
