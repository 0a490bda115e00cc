import type { PageRoute } from "@quancheng/client/routes";

const roles = ["officer", "committee", "city_desk"];

export default [
  {
    path: "/figures",
    component: () => import("./FiguresPage.vue"),
    meta: { title: "desk_figures.title", place: 60, roles },
  },
  {
    path: "/figures/cases",
    component: () => import("./CasesPage.vue"),
    meta: { title: "desk_figures.cases", roles },
  },
] satisfies PageRoute[];
