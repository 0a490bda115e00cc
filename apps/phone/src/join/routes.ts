import type { PageRoute } from "@quancheng/client/routes";

export default [
  {
    path: "/join",
    component: () => import("./JoinPage.vue"),
    meta: { title: "phone_join.title" },
  },
] satisfies PageRoute[];
