// Writes a Brotli and a gzip file beside each file that gets smaller, so that the server need not.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const SMALLEST = 500;
const KINDS = /\.(js|css|html|svg|json|webmanifest)$/;
const options = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };

for (const app of ["phone", "desk", "screen"]) {
  const folder = join(import.meta.dirname, "..", app, "dist");
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!KINDS.test(name)) continue;
    const content = readFileSync(join(folder, name));
    if (content.length < SMALLEST) continue;
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(content, options));
    writeFileSync(join(folder, `${name}.gz`), gzipSync(content, { level: 9 }));
  }
}
