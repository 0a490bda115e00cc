import type { PageRoute } from "@quancheng/client/routes";

export default [
  {
    path: "/queue",
    component: () => import("./QueuePage.vue"),
    meta: { title: "desk_queue.title", place: 1, roles: ["officer", "committee"] },
  },
] satisfies PageRoute[];
