import type { PageRoute } from "@quancheng/client/routes";

export default [
  {
    path: "/",
    component: () => import("./HomePage.vue"),
    meta: { title: "phone_home.title", place: 1 },
  },
] satisfies PageRoute[];
