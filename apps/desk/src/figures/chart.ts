import { scheme } from "@quancheng/client/preferences";
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use, type EChartsCoreOption } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { computed, onBeforeUnmount, onMounted, useTemplateRef, watch } from "vue";

use([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

/** Which bar or point was clicked: `dataIndex` on the axis, `seriesName` as given. */
export interface Click {
  dataIndex: number;
  seriesIndex: number;
}

/** Draws `options()` into the element with this template ref, again whenever what it reads changes. */
export function useChart(
  name: string,
  options: () => EChartsCoreOption,
  onClick: (click: Click) => void,
): void {
  const place = useTemplateRef<HTMLElement>(name);
  let end: (() => void) | undefined;
  onMounted(() => {
    if (!place.value) return;
    const chart = init(place.value);
    chart.on("click", ({ dataIndex, seriesIndex }) => {
      onClick({ dataIndex, seriesIndex: seriesIndex ?? 0 });
    });
    const resizes = new ResizeObserver(() => {
      chart.resize();
    });
    resizes.observe(place.value);
    const stop = watch(
      options,
      (wanted) => {
        chart.setOption(wanted, true);
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

/** Colours of the tokens, as the canvas needs them: `token("accent")`. Reading `scheme` has the chart
 * drawn again when light turns into dark. */
export function useTokens(): (name: string) => string {
  const styles = computed(() => ({
    of: scheme.value,
    style: getComputedStyle(document.documentElement),
  }));
  return (name) => styles.value.style.getPropertyValue(`--${name}`).trim();
}
