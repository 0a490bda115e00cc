import { computed, watch } from "vue";
import { createRouter, createWebHistory, type Router } from "vue-router";
import type { PageRoute } from "./routes";
import type { Session } from "./session";
import { t } from "./texts";

/** The router of an app that the gateway serves under `base`. */
export function createPages(base: string, pages: PageRoute[]): Router {
  const notFound: PageRoute = {
    path: "/:path(.*)*",
    component: () => import("./components/NotFound.vue"),
    meta: { title: "app.not_found" },
  };
  const router = createRouter({
    history: createWebHistory(base),
    routes: [...pages, notFound],
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  });
  watch(
    () => {
      const { title } = router.currentRoute.value.meta;
      return (title as typeof title | undefined) ? `${t(title)} · ${t("app.name")}` : t("app.name");
    },
    (title) => {
      document.title = title;
    },
    { immediate: true },
  );
  return router;
}

/** The pages for the navigation, in order: those that whoever is signed in may see. */
export function useNavigation(pages: PageRoute[], session: Session) {
  return computed(() => {
    const roles = new Set<string>(session.account.value?.grants.map((grant) => grant.role));
    return pages
      .filter(
        ({ meta }) =>
          meta.place !== undefined && (meta.roles?.some((role) => roles.has(role)) ?? true),
      )
      .sort((one, other) => (one.meta.place ?? 0) - (other.meta.place ?? 0));
  });
}
