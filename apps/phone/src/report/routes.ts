import type { PageRoute } from "@quancheng/client/routes";

export default [
  {
    path: "/report",
    component: () => import("./ReportPage.vue"),
    meta: { title: "phone_report.title", alone: true },
  },
  {
    path: "/sent",
    component: () => import("./SentPage.vue"),
    meta: { title: "phone_report.sent_title" },
  },
] satisfies PageRoute[];
