import type { PageRoute } from "@quancheng/client/routes";

export default [
  {
    path: "/log-book",
    component: () => import("./LogBookPage.vue"),
    meta: { title: "desk_log.title", place: 50, roles: ["officer", "leader"] },
  },
] satisfies PageRoute[];
