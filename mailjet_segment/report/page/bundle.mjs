// Makes bundle.js of page.js and of what it imports, LICENSES.txt of the packages in it, and the digest of the bundle.
import { bundle } from "./bundling.mjs";
import { writeFileSync } from "node:fs";

writeFileSync("bundle.js", await bundle({ format: "iife" }));
