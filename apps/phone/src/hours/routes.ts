import type { PageRoute } from "@quancheng/client/routes";

export default [
  {
    path: "/hours",
    component: () => import("./HoursPage.vue"),
    meta: { title: "phone_hours.title" },
  },
] satisfies PageRoute[];
