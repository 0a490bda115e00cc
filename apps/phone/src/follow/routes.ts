import type { PageRoute } from "@quancheng/client/routes";

export default [
  {
    path: "/follow",
    component: () => import("./FollowPage.vue"),
    meta: { title: "phone_follow.title", place: 2 },
  },
  {
    path: "/reports/:id",
    component: () => import("./ReportPage.vue"),
    meta: { title: "phone_follow.one" },
  },
  {
    path: "/number/:number",
    component: () => import("./NumberPage.vue"),
    meta: { title: "phone_follow.one" },
  },
] satisfies PageRoute[];
