import type { PageRoute } from "@quancheng/client/routes";

const roles = ["officer", "leader"];

export default [
  {
    path: "/squads",
    component: () => import("./SquadsPage.vue"),
    meta: { title: "desk_squads.title", place: 45, roles },
  },
  {
    path: "/squads/:id",
    component: () => import("./SquadPage.vue"),
    meta: { title: "desk_squads.one", roles },
  },
] satisfies PageRoute[];
