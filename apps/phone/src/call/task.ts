import { ok } from "@quancheng/client/api";
import { directionBetween, distanceBetween } from "@quancheng/client/coordinates";
import { usePlatform } from "@quancheng/client/platform";
import { t } from "@quancheng/client/texts";
import { useLoaded } from "@quancheng/client/use/loaded";
import { computed, onScopeDispose, shallowRef, watch } from "vue";
import { useDuty } from "../duty/duty";
import type { Call } from "./current";
import { distanceText } from "./distance";

/** What somebody who has accepted may read, and where they are to go. */
export function useScene(call: () => Call) {
  const { api } = usePlatform();
  const { places } = useDuty();
  const id = computed(() => call().report);
  const report = useLoaded(
    () =>
      id.value
        ? ok(api.GET("/api/v1/reports/{id}", { params: { path: { id: id.value } } }))
        : Promise.resolve(null),
    id,
  );
  const photo = shallowRef<string | null>(null);
  const forget = () => {
    if (photo.value) URL.revokeObjectURL(photo.value);
    photo.value = null;
  };
  watch(
    () => (report.data.value?.has_photo ? report.data.value.id : null),
    async (of) => {
      forget();
      if (!of) return;
      const path = { id: of };
      const found = await ok(
        api.GET("/api/v1/reports/{id}/photo", { params: { path }, parseAs: "blob" }),
      ).catch(() => null);
      if (found) photo.value = URL.createObjectURL(found);
    },
  );
  onScopeDispose(forget);

  const here = computed(() => places.last.value);
  /** How far, and in which direction, from where the phone was last. */
  const way = computed(() => {
    const { place } = call();
    if (!place || !here.value) return null;
    return t("phone_call.way", {
      direction: t(`phone_call.direction_${directionBetween(here.value, place)}`),
      distance: distanceText(distanceBetween(here.value, place)),
    });
  });
  return { report, photo, here, way };
}
