import type { PageRoute } from "@quancheng/client/routes";

export default [
  {
    path: "/grants",
    component: () => import("./GrantsPage.vue"),
    meta: { title: "desk_grants.title", place: 70, roles: ["officer", "city_desk"] },
  },
] satisfies PageRoute[];
