import js from "@eslint/js";
import prettier from "eslint-config-prettier";
import vue from "eslint-plugin-vue";
import { defineConfig } from "eslint/config";
import typescript from "typescript-eslint";

export default defineConfig(
  {
    ignores: [
      "**/dist",
      "**/components.d.ts",
      "client/src/schema.ts",
      "client/src/values.ts",
      "client/src/text-keys.ts",
    ],
  },
  js.configs.recommended,
  typescript.configs.strictTypeChecked,
  vue.configs["flat/recommended"],
  {
    languageOptions: {
      parserOptions: {
        parser: typescript.parser,
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: [".vue"],
      },
    },
    rules: {
      // TypeScript finds names that do not exist.
      "no-undef": "off",
      "vue/require-default-prop": "off",
      // What people write is shown as text.
      "vue/no-v-html": "error",
      "vue/multi-word-component-names": ["error", { ignores: ["Shell"] }],
      "vue/block-order": ["error", { order: ["script", "template", "style"] }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
  },
  // Only vue-tsc knows the types of components.
  { files: ["*/src/main.ts"], rules: { "@typescript-eslint/no-unsafe-argument": "off" } },
  { files: ["eslint.config.js"], extends: [typescript.configs.disableTypeChecked] },
  prettier,
);
