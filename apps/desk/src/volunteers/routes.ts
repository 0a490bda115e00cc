import type { PageRoute } from "@quancheng/client/routes";

export default [
  {
    path: "/applications",
    component: () => import("./ApplicationsPage.vue"),
    meta: { title: "desk_applications.title", place: 40, roles: ["officer"] },
  },
] satisfies PageRoute[];
