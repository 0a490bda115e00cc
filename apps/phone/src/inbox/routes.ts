import type { PageRoute } from "@quancheng/client/routes";

export default [
  {
    path: "/inbox",
    component: () => import("./InboxPage.vue"),
    meta: { title: "phone_inbox.title", place: 4 },
  },
] satisfies PageRoute[];
