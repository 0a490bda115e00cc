import type { PageRoute } from "@quancheng/client/routes";

export default [
  {
    path: "/reports",
    component: () => import("./ReportsPage.vue"),
    meta: { title: "desk_reports.title", place: 2, roles: ["officer", "committee"] },
  },
  {
    path: "/reports/:id",
    component: () => import("./ReportPage.vue"),
    props: true,
    meta: { title: "desk_report.title" },
  },
] satisfies PageRoute[];
