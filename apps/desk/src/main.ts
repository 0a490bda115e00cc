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
