import { scheme } from "@quancheng/client/preferences";
import { MapChart } from "echarts/charts";
import { GeoComponent, VisualMapComponent } from "echarts/components";
import { init, registerMap, use, type EChartsCoreOption } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { onBeforeUnmount, onMounted, useTemplateRef, watch } from "vue";
import shapes from "../../../../jinan/data/jinan_districts_gcj02.geojson?raw";

use([MapChart, GeoComponent, VisualMapComponent, CanvasRenderer]);
registerMap("jinan", shapes);

/** Draws `options()` into the element with this template ref, again whenever what it reads changes,
 * or light turns into dark. */
export function useChart(name: string, options: () => EChartsCoreOption): void {
  const place = useTemplateRef<HTMLElement>(name);
  let end: (() => void) | undefined;
  onMounted(() => {
    if (!place.value) return;
    const chart = init(place.value);
    const resizes = new ResizeObserver(() => {
      chart.resize();
    });
    resizes.observe(place.value);
    const stop = watch(
      () => ({ colours: scheme.value, wanted: options() }),
      ({ wanted }) => {
        chart.setOption(wanted);
      },
      { immediate: true },
    );
    end = () => {
      stop();
      resizes.disconnect();
      chart.dispose();
    };
  });
  onBeforeUnmount(() => end?.());
}

/** A colour of the tokens, as the canvas needs it: `token("accent")`. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
