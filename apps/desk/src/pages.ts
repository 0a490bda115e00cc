import { collected, type PageRoute } from "@quancheng/client/routes";

/** Every page of this app. */
export const pages = collected(
  import.meta.glob<{ default: PageRoute[] }>("./*/routes.ts", { eager: true }),
);
