import { VantResolver } from "@vant/auto-import-resolver";
import { VitePWA } from "vite-plugin-pwa";
import { app } from "../tools/app.ts";

export default app({
  name: "phone",
  base: "/",
  resolvers: [VantResolver()],
  plugins: [
    VitePWA({
      strategies: "injectManifest",
      srcDir: "src",
      filename: "service-worker.ts",
      injectRegister: false,
      manifest: false,
      injectManifest: { globPatterns: ["**/*.{js,css,html,svg,webmanifest}"] },
    }),
  ],
});
