import type { PageRoute } from "@quancheng/client/routes";

export default [
  {
    path: "/callouts",
    component: () => import("./CalloutsPage.vue"),
    meta: { title: "desk_callout.title", place: 4, roles: ["officer", "leader"] },
  },
] satisfies PageRoute[];
