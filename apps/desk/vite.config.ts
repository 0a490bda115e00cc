import { ElementPlusResolver } from "unplugin-vue-components/resolvers";
import { app } from "../tools/app.ts";

export default app({ name: "desk", base: "/desk/", resolvers: [ElementPlusResolver()] });
