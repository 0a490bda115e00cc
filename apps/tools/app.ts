// One way to build an app: `export default app({ name: "desk", base: "/desk/" })`.
import vue from "@vitejs/plugin-vue";
import { join } from "node:path";
import type { AtRule, Plugin as PostcssPlugin } from "postcss";
import type { ComponentResolver } from "unplugin-vue-components";
import components from "unplugin-vue-components/vite";
import { defineConfig, type Plugin, type PluginOption, type UserConfig } from "vite";
import { catalogue, FOLDER, type AppName, type Language } from "./catalogue.ts";
import { dangerWords } from "./danger.ts";
import { districtShapes } from "./districts.ts";

export interface AppOptions {
  name: AppName;
  /** The path under which the gateway serves it. */
  base: string;
  /** Finds the component kit's components, so that only those in use are loaded. */
  resolvers?: (ComponentResolver | ComponentResolver[])[];
  plugins?: PluginOption[];
}

const TEXTS = "virtual:texts/";
/** Where `make run` listens; the dev server passes requests on to it. */
const GATEWAY = process.env.GATEWAY ?? "http://127.0.0.1:8080";

export function app({ name, base, resolvers = [], plugins = [] }: AppOptions): UserConfig {
  const root = join(import.meta.dirname, "..", name);
  return defineConfig({
    root,
    base,
    plugins: [
      vue(),
      texts(name),
      data("danger", dangerWords),
      data("districts", districtShapes),
      components({ dirs: [], resolvers, dts: join(root, "components.d.ts") }),
      ...plugins,
    ],
    build: { outDir: join(root, "dist"), emptyOutDir: true, reportCompressedSize: false },
    css: { postcss: { plugins: [withoutForeignFonts] } },
    server: { proxy: { "/api": GATEWAY, "/.well-known": GATEWAY } },
  });
}

/** `virtual:texts/zh` and `virtual:texts/en`: the catalogue, a module for each language. */
function texts(name: AppName): Plugin {
  return {
    name: "quancheng:texts",
    resolveId: (id) => (id.startsWith(TEXTS) ? `\0${id}` : undefined),
    load(id) {
      if (!id.startsWith(`\0${TEXTS}`)) return undefined;
      const language = id.slice(TEXTS.length + 1) as Language;
      return `export default ${JSON.stringify(catalogue(name, language))}`;
    },
    configureServer(server) {
      server.watcher.add(FOLDER);
      server.watcher.on("change", (file) => {
        if (file.startsWith(FOLDER)) void server.restart();
      });
    },
  };
}

/** `virtual:<name>`: what the platform's own files say, read as the app is built. */
function data(name: string, read: () => unknown): Plugin {
  const id = `virtual:${name}`;
  return {
    name: `quancheng:${name}`,
    resolveId: (asked) => (asked === id ? `\0${id}` : undefined),
    load: (asked) => (asked === `\0${id}` ? `export default ${JSON.stringify(read())}` : undefined),
  };
}

/** A kit's style sheet must not make the page ask another host. */
const withoutForeignFonts: PostcssPlugin = {
  postcssPlugin: "quancheng:without-foreign-fonts",
  AtRule: {
    "font-face": (rule: AtRule) => {
      if (/url\(["']?(https?:)?\/\//.test(rule.toString())) rule.remove();
    },
  },
};
