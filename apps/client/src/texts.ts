import { ref, shallowRef, watchEffect } from "vue";
import chinese from "virtual:texts/zh";
import { kept } from "./kept";
import type { components } from "./schema";
import type { TextKey } from "./text-keys";

export type { TextKey };
export type Language = "zh" | "en";
type Catalogue = Readonly<Record<string, string>>;

/** The language of the moment. Chinese, unless the person chose English. */
export const language = ref<Language>("zh");
const catalogue = shallowRef<Catalogue>(chinese);

/** Changes the language, and remembers it. English is loaded when somebody asks for it first. */
export async function speak(wanted: Language): Promise<void> {
  catalogue.value = wanted === "zh" ? chinese : (await import("virtual:texts/en")).default;
  language.value = wanted;
  kept.set("language", wanted);
}

/** As a page opens: the language that was chosen before. */
export async function beginLanguage(): Promise<void> {
  watchEffect(() => {
    document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
  });
  if (kept.get("language") === "en") await speak("en").catch(() => undefined);
}

/** The text of `<section>.<key>` with its `{places}` filled in, in the language of the moment. */
export function t(key: TextKey, values: Readonly<Record<string, string | number>> = {}): string {
  const text = catalogue.value[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** The name of a value that the platform has a word for, as `named("state", report.state)`; the
 * value itself where this version of the app does not know it yet. */
export function named(section: string, value: string): string {
  return catalogue.value[`${section}.${value}`] ?? value;
}

/** What the platform says in both languages. */
export function said(text: components["schemas"]["LocalizedText"]): string {
  return text[language.value];
}
