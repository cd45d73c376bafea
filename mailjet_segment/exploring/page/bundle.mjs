// Makes bundle.js.gz of page.js and of what it imports, LICENSES.txt of the packages in it, and the digest of the bundle.
import { bundle } from "./bundling.mjs";
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

// The engine's worker is started from its text.
const workerAsText = { name: "worker", setup: ({ onLoad }) => onLoad({ filter: /perspective-server\.worker\.js$/ }, ({ path }) => (path.includes("/cdn/") ? { contents: readFileSync(path, "utf-8"), loader: "text" } : undefined)) };
const script = await bundle({ plugins: [workerAsText], format: "esm", loader: { ".wasm": "binary", ".css": "text", ".arrow": "binary" } });
writeFileSync("bundle.js.gz", gzipSync(script, { level: 9 }));
