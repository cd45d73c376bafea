// Shows the tables that stand in the page, packed and in base64, in Perspective. It asks the network for nothing.
import perspective from "@perspective-dev/client";
import viewer from "@perspective-dev/viewer";
import engine from "@perspective-dev/client/dist/cdn/perspective-server.worker.js";
import server from "@perspective-dev/server/dist/wasm/perspective-server.wasm";
import client from "@perspective-dev/viewer/dist/wasm/perspective-viewer.wasm";
import light from "@perspective-dev/viewer/dist/css/pro.css";
import dark from "@perspective-dev/viewer/dist/css/pro-dark.css";

async function bytesOf(id) {
  const text = atob(document.getElementById(id).textContent.trim());
  const bytes = new Uint8Array(text.length);
  for (let place = 0; place < text.length; place++) bytes[place] = text.charCodeAt(place);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

// Perspective makes no worker of a page that was opened as a file, and would then need to evaluate text: so it gets one.
function makeWorker() {
  const url = URL.createObjectURL(new Blob([engine], { type: "text/javascript" }));
  return new Worker(url); // a module would be fetched in a way that a file may not
}

// What a view does not say is as at first: null is mostly the word for that, and a key that is absent stays as it was.
const AS_AT_FIRST = { group_by: null, split_by: null, columns: null, filter: null, sort: null, expressions: null, aggregates: null, columns_config: null, group_rollup_mode: "rollup" };

async function start() {
  const style = document.createElement("style");
  style.textContent = `${light}\n${dark}`;
  document.head.append(style);
  await Promise.all([perspective.init_server(server.buffer), viewer.init_client(client.buffer)]);
  await Promise.all([import("@perspective-dev/viewer-datagrid"), import("@perspective-dev/viewer-d3fc")]);
  const worker = await perspective.worker(Promise.resolve(makeWorker()));
  const views = JSON.parse(document.getElementById("views").textContent);
  const element = document.querySelector("perspective-viewer");
  const choice = document.getElementById("choice");
  const night = matchMedia("(prefers-color-scheme: dark)");
  const tables = new Map();

  async function show() {
    const view = views[Number(choice.value)];
    if (!tables.has(view.data)) tables.set(view.data, bytesOf(view.data).then((bytes) => worker.table(bytes, { name: view.data })));
    await element.load(await tables.get(view.data));
    await element.restore({ theme: night.matches ? "Pro Dark" : "Pro Light", title: view.title, settings: innerWidth >= 900, ...AS_AT_FIRST, ...view.config });
    document.documentElement.dataset.shown = view.title;
  }

  choice.addEventListener("change", show);
  night.addEventListener("change", () => element.restore({ theme: night.matches ? "Pro Dark" : "Pro Light" }));
  await show();
}

start().catch((error) => {
  document.getElementById("trouble").textContent = `This browser cannot show the tables: ${error.message ?? error}`;
});
