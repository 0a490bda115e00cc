import { ok, type Schemas } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { useLoaded } from "@quancheng/client/use/loaded";
import districts from "virtual:districts";
import { computed, ref, watch, type Ref } from "vue";
import type { Position } from "./position";

interface Choice {
  code: string;
  name: string;
}

export const DISTRICTS: readonly Choice[] = districts;

/** A district's middle: what stands for a place that nobody could say better. */
export function middleOf(code: string): { longitude: number; latitude: number } | null {
  const found = districts.find((district) => code.startsWith(district.code));
  return found ? { longitude: found.center[0], latitude: found.center[1] } : null;
}

/** District, street and community, each from the list of the one above; streets near the position
 * come first. The districts are known without a connection. */
export function useAreas(position: Ref<Position | null>) {
  const { api } = usePlatform();
  const district = ref("");
  const street = ref("");
  const community = ref("");

  const near = useLoaded(async () => {
    const place = position.value;
    if (!place) return null;
    const query = { longitude: place.longitude, latitude: place.latitude };
    return ok(api.GET("/api/v1/places", { params: { query } }));
  }, position);
  watch(near.data, (found) => {
    if (found && district.value !== found.district) district.value = found.district;
  });
  watch(district, () => {
    street.value = "";
  });
  watch(street, () => {
    community.value = "";
  });

  const below = async (parent: string): Promise<Schemas["DivisionView"][]> => {
    if (!parent) return [];
    const query = { parent, limit: 200 };
    return (await ok(api.GET("/api/v1/divisions", { params: { query } }))).items;
  };
  const listed = useLoaded(() => below(district.value), district);
  const inStreet = useLoaded(() => below(street.value), street);
  const streets = computed<readonly Choice[]>(() => {
    const nearest = near.data.value?.items.filter((each) => each.district === district.value) ?? [];
    return nearest.length ? nearest : (listed.data.value ?? []);
  });
  const communities = computed<readonly Choice[]>(() => inStreet.data.value ?? []);
  const problem = computed(() => inStreet.problem.value ?? listed.problem.value);
  const reload = () => Promise.all([listed.reload(), inStreet.reload()]);
  return { district, street, community, streets, communities, problem, reload };
}
