import { defineConfig } from "vitest/config";
import { app } from "./tools/app.ts";

const { plugins } = app({ name: "phone", base: "/" });

export default defineConfig({
  plugins: plugins ?? [],
  test: {
    environment: "happy-dom",
    isolate: false,
    include: ["*/tests/**/*.test.ts"],
    server: { deps: { inline: ["vant"] } },
  },
});
