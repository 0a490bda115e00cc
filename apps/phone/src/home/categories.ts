import { ok, type Schemas } from "@quancheng/client/api";
import { usePlatform } from "@quancheng/client/platform";
import { t } from "@quancheng/client/texts";
import { useLoaded } from "@quancheng/client/use/loaded";
import { computed } from "vue";

type Category = Schemas["CategoryView"];

/** What can be reported, as the platform says. */
export function useCategories() {
  const { api } = usePlatform();
  const { data, problem, reload } = useLoaded(() => ok(api.GET("/api/v1/categories")));
  const categories = computed(() => data.value?.items ?? []);
  return { categories, problem, reload, limitOf };
}

/** Within what time somebody answers. */
function limitOf({ first_answer_minutes, first_answer_working_days }: Category): string {
  if (first_answer_minutes !== null) {
    return t("phone_home.within_minutes", { count: first_answer_minutes });
  }
  return t("phone_home.within_days", { count: first_answer_working_days ?? 0 });
}
