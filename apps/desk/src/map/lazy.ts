import { defineAsyncComponent, type Component } from "vue";

/** The map with Leaflet, loaded when the first one is shown. */
export const LazyMap = defineAsyncComponent(
  () => import("./MapCanvas.vue") as unknown as Promise<Component>,
);
