import type { PageRoute } from "@quancheng/client/routes";

export default [
  {
    path: "/me",
    component: () => import("./AccountPage.vue"),
    meta: { title: "phone_account.title", place: 9 },
  },
  {
    path: "/me/access",
    component: () => import("./AccessPage.vue"),
    meta: { title: "phone_account.access" },
  },
  {
    path: "/me/data",
    component: () => import("./DataPage.vue"),
    meta: { title: "phone_account.data" },
  },
] satisfies PageRoute[];
