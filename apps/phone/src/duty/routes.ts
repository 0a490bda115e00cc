import type { PageRoute } from "@quancheng/client/routes";

export default [
  {
    path: "/duty",
    component: () => import("./DutyPage.vue"),
    meta: { title: "phone_duty.title", place: 3, roles: ["volunteer", "leader"] },
  },
] satisfies PageRoute[];
