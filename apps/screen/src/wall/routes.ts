import type { PageRoute } from "@quancheng/client/routes";

export default [
  {
    path: "/",
    component: () => import("./WallPage.vue"),
    meta: { title: "screen_wall.title", place: 1 },
  },
] satisfies PageRoute[];
