/// <reference lib="webworker" />
import { clientsClaim } from "workbox-core";
import {
  cleanupOutdatedCaches,
  createHandlerBoundToURL,
  precacheAndRoute,
  type PrecacheEntry,
} from "workbox-precaching";

// The shell of the app without a connection. Nothing of the API is kept here.
declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: PrecacheEntry[] };

void self.skipWaiting();
clientsClaim();
cleanupOutdatedCaches();
precacheAndRoute(self.__WB_MANIFEST);

const shell = createHandlerBoundToURL("/index.html");
/** Paths of the gateway that are not this app. */
const OTHERS = /^\/(api|desk|screen|docs|health|openapi\.json|\.well-known)(\/|$)/;

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.mode !== "navigate" || OTHERS.test(url.pathname)) return;
  event.respondWith(shell({ event, request: event.request, url }));
});
