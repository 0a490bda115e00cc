// Writes what the sources import and nobody writes by hand: the API's types, the values of its
// enumerations and the texts' keys.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import openapiTS, { astToString, type OpenAPI3 } from "openapi-typescript";
import { keysAsType } from "./catalogue.ts";

const ROOT = join(import.meta.dirname, "../..");
const CLIENT = join(ROOT, "apps/client/src");
const NOTE = "// Written by tools/prepare.ts; not committed.\n";

const document = JSON.parse(readFileSync(join(ROOT, "api/openapi.json"), "utf8")) as OpenAPI3;
const types = await openapiTS(document, { alphabetize: true, defaultNonNullable: false });
write("schema.ts", astToString(types));
write("values.ts", valuesOf(document));
write("text-keys.ts", keysAsType());

/** `export const Route = ["volunteers", ...] as const` for each enumeration of the API. */
function valuesOf({ components }: OpenAPI3): string {
  const schemas = Object.entries(
    (components?.schemas ?? {}) as Record<string, { enum?: unknown[] }>,
  );
  return schemas
    .filter(([, schema]) => schema.enum)
    .map(([name, schema]) => `export const ${name} = ${JSON.stringify(schema.enum)} as const;\n`)
    .join("");
}

/** Only where it differs, so that a running dev server does not start over. */
function write(name: string, content: string): void {
  const file = join(CLIENT, name);
  let before = "";
  try {
    before = readFileSync(file, "utf8");
  } catch {
    // The first time.
  }
  if (before !== NOTE + content) writeFileSync(file, NOTE + content);
}
