import type { PageRoute } from "@quancheng/client/routes";

export default [
  { path: "/", component: () => import("./HomePage.vue"), meta: { title: "desk_home.title" } },
] satisfies PageRoute[];
