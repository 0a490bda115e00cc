import { scheme } from "@quancheng/client/preferences";
import { BarChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { init, use, type EChartsCoreOption } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { onBeforeUnmount, onMounted, useTemplateRef, watch } from "vue";

use([BarChart, CanvasRenderer, GridComponent, TooltipComponent]);

/** Draws `options()` into the element with this template ref, again whenever what it reads changes. */
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
      options,
      (wanted) => {
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

/** Colours of the tokens, as the canvas needs them: `token("accent")`. Read again when light turns
 * into dark. */
export function useTokens(): (name: string) => string {
  const style = getComputedStyle(document.documentElement);
  return (name) => (scheme.value ? style.getPropertyValue(`--${name}`).trim() : "");
}
