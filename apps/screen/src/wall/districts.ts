import { ok, type Schemas } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { useLoaded } from "@quancheng/client/use/loaded";
import { computed } from "vue";

export interface District {
  name: string;
  streets: number;
}

/** The city's districts with the number of their streets. */
export function useDistricts() {
  const { api } = usePlatform();
  const below = async (parent: string): Promise<Schemas["DivisionView"][]> => {
    const query = { parent, limit: 200 };
    return (await ok(api.GET("/api/v1/divisions", { params: { query } }))).items;
  };
  const { data, problem, reload } = useLoaded(async () => {
    const found = await below("3701");
    return Promise.all(
      found.map(async ({ code, name }) => ({ name, streets: (await below(code)).length })),
    );
  });
  return { districts: computed<District[]>(() => data.value ?? []), problem, reload };
}
