import type { PageRoute } from "@quancheng/client/routes";

export default [
  {
    path: "/access-log",
    component: () => import("./AccessLogPage.vue"),
    meta: { title: "desk_access.title", place: 80 },
  },
] satisfies PageRoute[];
