import type { RouteRecordRaw } from "vue-router";
import type { TextKey } from "./text-keys";

declare module "vue-router" {
  interface RouteMeta {
    /** The page's name: in the browser's title and in the navigation. */
    title: TextKey;
    /** Its place in the navigation, the first is 1; without it the page is not there. */
    place?: number;
    /** Roles of which the person needs one; without it everybody sees the page. */
    roles?: readonly string[];
    /** Fills the whole screen, without the navigation: a call, a camera. */
    alone?: boolean;
  }
}

/** A page that must say its title. */
export type PageRoute = RouteRecordRaw & { meta: NonNullable<RouteRecordRaw["meta"]> };

/** The pages of all nouns: each folder says its own in `routes.ts`. */
export function collected(modules: Record<string, { default: PageRoute[] }>): PageRoute[] {
  return Object.values(modules).flatMap((module) => module.default);
}
