import type { PageRoute } from "@quancheng/client/routes";

export default [
  {
    path: "/call",
    component: () => import("./CallPage.vue"),
    meta: { title: "phone_call.title" },
  },
  {
    path: "/calls/:id",
    component: () => import("./WhyPage.vue"),
    meta: { title: "phone_call.why_title" },
  },
] satisfies PageRoute[];
