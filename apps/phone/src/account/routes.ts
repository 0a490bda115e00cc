import type { PageRoute } from "@quancheng/client/routes";

export default [
  {
    path: "/me",
    component: () => import("./AccountPage.vue"),
    meta: { title: "phone_account.title", place: 9 },
  },
] satisfies PageRoute[];
