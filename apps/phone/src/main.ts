import "@quancheng/client/base.css";
import { begin } from "@quancheng/client/platform";
import { createPages } from "@quancheng/client/router";
import { createApp } from "vue";
import Shell from "./Shell.vue";
import { pages } from "./pages";
import "./theme.css";

const app = createApp(Shell);
await begin(app);
app.use(createPages(import.meta.env.BASE_URL, pages)).mount("#app");

if (import.meta.env.PROD && "serviceWorker" in navigator) {
  // A web-view may refuse it: then the app needs a connection to open.
  void navigator.serviceWorker.register("/service-worker.js").catch(() => undefined);
}
