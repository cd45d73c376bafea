// Bundles page.js with what it imports: the script, begun by the licences of the packages in it, and these licences.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";

const ALWAYS = { entryPoints: ["page.js"], bundle: true, minify: true, target: "es2022", charset: "ascii", legalComments: "none", metafile: true, write: false };

// Writes LICENSES.txt and bundle.js.sha256, and returns the script; `options` are esbuild's, besides those above.
export async function bundle(options) {
  const { metafile, outputFiles } = await build({ ...options, ...ALWAYS });
  const used = Object.entries(Object.values(metafile.outputs)[0].inputs).filter(([, { bytesInOutput }]) => bytesInOutput);
  const folders = new Set(used.map(([path]) => path.match(/^.*node_modules\/(@[^/]+\/)?[^/]+/)?.[0]).filter(Boolean));
  const packages = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf-8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    return { name: `${name} ${version} (${license})`, terms: file ? readFileSync(`${folder}/${file}`, "utf-8").trim() : `Licence: ${license}` };
  });
  const terms = new Map();
  for (const { name, terms: text } of packages) terms.set(text, [...(terms.get(text) ?? []), name]);
  const licences = [...terms].map(([text, names]) => `${names.join("\n")}\n\n${text}`).join(`\n\n${"-".repeat(80)}\n\n`);
  if (licences.includes("*/")) throw new Error("a licence would end the comment that it stands in");
  const script = `/*\n${licences}\n*/\n${outputFiles[0].text}`;
  if (/<\/script|<!--/i.test(script)) throw new Error("the bundle would end the element that it stands in");
  writeFileSync("LICENSES.txt", `${licences}\n`);
  writeFileSync("bundle.js.sha256", `${createHash("sha256").update(script).digest("hex")}  bundle.js\n`);
  return script;
}
