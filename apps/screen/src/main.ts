import "@quancheng/client/base.css";
import { kept } from "@quancheng/client/kept";
import { begin } from "@quancheng/client/platform";
import { preferences } from "@quancheng/client/preferences";
import { createPages } from "@quancheng/client/router";
import { createApp } from "vue";
import Shell from "./Shell.vue";
import { pages } from "./pages";
import "./theme.css";

// A wall hangs in a dim room: dark, unless somebody chose otherwise on this device.
if (kept.get("scheme") === null) preferences.scheme = "dark";
const app = createApp(Shell);
await begin(app);
app.use(createPages(import.meta.env.BASE_URL, pages)).mount("#app");
