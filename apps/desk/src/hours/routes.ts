import type { PageRoute } from "@quancheng/client/routes";

export default [
  {
    path: "/hours",
    component: () => import("./HoursPage.vue"),
    meta: { title: "desk_hours.title", place: 55, roles: ["officer"] },
  },
] satisfies PageRoute[];
