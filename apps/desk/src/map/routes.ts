import type { PageRoute } from "@quancheng/client/routes";

export default [
  {
    path: "/map",
    component: () => import("./MapPage.vue"),
    meta: { title: "desk_map.title", place: 3, roles: ["officer"] },
  },
] satisfies PageRoute[];
