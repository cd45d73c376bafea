// The pictures, the sorting and the search of the report. The tables are complete without any of this.
import { barX, dot, plot, rectY, ruleX, ruleY, text } from "@observablehq/plot";

const MARKS = ["p", "w", "a"];
const data = JSON.parse(document.getElementById("pictures").textContent);
const chosen = () => MARKS.indexOf(document.querySelector("input[name=audience]:checked").value);
const number = new Intl.NumberFormat("en");
const percent = (share) => {
  const value = 100 * share;
  return value >= 0.995 ? `${value.toFixed(1)}%` : value ? `${value.toFixed(2)}%` : "0%";
};

// Each draws one picture; undefined if there is too little to draw.
const pictures = {
  days(width, audience) {
    if (data.days.length < 2) return;
    const days = data.days.map((day) => ({
      from: new Date(day.from), until: new Date(day.until), delivered: day.delivered,
      opened: day.opened[audience], clicked: day.clicked[audience],
      title: `${day.from}: ${number.format(day.delivered)} delivered, ${number.format(day.opened[audience])} opened, ${number.format(day.clicked[audience])} clicked`,
    }));
    const layer = (y, fill) => rectY(days, { x1: "from", x2: "until", y, fill, insetLeft: 0.5, insetRight: 0.5, title: "title" });
    return {
      width, height: 200, marginLeft: 46, marginRight: 14, x: { type: "utc", label: null, nice: false },
      y: { label: null, grid: true, ticks: 4, tickFormat: number.format },
      marks: [layer("delivered", "var(--third)"), layer("opened", "var(--second)"), layer("clicked", "var(--accent)"), ruleY([0])],
    };
  },
  funnel(width, audience) {
    const steps = data.funnel.map(({ step, messages }) => ({ step, messages: messages[audience] ?? 0 }));
    if (!steps[0].messages) return;
    return {
      width, height: 132, marginLeft: 76, marginRight: 64, marginTop: 4, marginBottom: 4, x: { axis: null },
      y: { label: null, domain: steps.map(({ step }) => step), tickSize: 0 },
      marks: [
        barX(steps, { x: "messages", y: "step", fill: "var(--accent)" }),
        text(steps, { x: "messages", y: "step", text: ({ messages }) => number.format(messages), textAnchor: "start", dx: 6, fill: "var(--ink)" }),
      ],
    };
  },
  campaigns(width, audience) {
    const dots = data.campaigns
      .map((campaign) => ({ ...campaign, sent: new Date(1000 * campaign.sent), rate: campaign.rate[audience] }))
      .filter((campaign) => campaign.rate !== null);
    if (dots.length < 3) return;
    return {
      width, height: 230, marginLeft: 46, marginRight: 14, x: { type: "utc", label: null, insetLeft: 12, insetRight: 12 },
      y: { label: null, grid: true, zero: true, ticks: 5, tickFormat: (share) => `${Math.round(100 * share)}%` }, r: { range: [0, 14] },
      marks: [
        dot(dots, { x: "sent", y: "rate", r: "delivered", fill: "var(--accent)", fillOpacity: 0.28, stroke: "var(--accent)", strokeWidth: 1, title: ({ name, rate, delivered }) => `${name}: ${percent(rate)} of ${number.format(delivered)}` }),
        ruleY([0]),
      ],
    };
  },
  complaints(width) {
    const rows = data.complaints;
    const reported = rows.filter((row) => row.reported && row.rate !== null);
    if (!reported.length) return;
    const [warning, limit] = data.lines;
    // A provider of few messages has an interval that would leave no room for the others: it runs out of the picture.
    const end = Math.min(Math.max(1.5 * limit, ...reported.map((row) => 1.15 * Math.min(row.high, 4 * Math.max(row.rate, limit / 4)))), 0.05);
    const long = Math.max(...rows.map((row) => row.name.length));
    return {
      width, height: 40 + 24 * rows.length, marginLeft: Math.min(150, 14 + 7 * long), marginRight: 24, marginTop: 26, marginBottom: 22,
      x: { label: null, domain: [0, end], clamp: true, ticks: 4, tickFormat: (share) => `${+(100 * share).toFixed(2)}%` },
      y: { label: null, domain: rows.map((row) => row.name), tickSize: 0 },
      marks: [
        ruleX([warning, limit], { stroke: "var(--bad)", strokeDasharray: "3 3" }),
        text([warning, limit], { x: (line) => line, frameAnchor: "top", dy: -12, text: percent, fill: "var(--bad)" }),
        ruleY(reported, { y: "name", x1: "low", x2: "high", stroke: "var(--second)", strokeWidth: 5 }),
        dot(reported, { y: "name", x: "rate", fill: "var(--accent)", r: 4, title: (row) => `${row.name}: ${percent(row.rate)}` }),
        text(rows.filter((row) => !row.reported), { y: "name", x: 0, text: (row) => `not reported by ${row.name}`, textAnchor: "start", dx: 6, fill: "var(--quiet)", stroke: "var(--paper)", strokeWidth: 5 }),
      ],
    };
  },
  bounces(width) {
    if (data.bounces.length < 2) return;
    const bars = data.bounces.map(({ reason, outcome, messages }) => ({ name: outcome ? `${reason} (${outcome})` : reason, outcome, messages }));
    const left = Math.min(width * 0.42, 14 + 6.6 * Math.max(...bars.map((bar) => bar.name.length)));
    const most = Math.floor((left - 10) / 6.4);
    return {
      width, height: 8 + 24 * bars.length, marginLeft: left, marginRight: 56, marginTop: 4, marginBottom: 4, x: { axis: null },
      y: { label: null, domain: bars.map((bar) => bar.name), tickSize: 0, tickFormat: (name) => (name.length > most ? `${name.slice(0, most - 1)}…` : name) },
      marks: [
        barX(bars, { x: "messages", y: "name", fill: (bar) => (bar.outcome === "hard" ? "var(--accent)" : "var(--second)"), title: "name" }),
        text(bars, { x: "messages", y: "name", text: (bar) => number.format(bar.messages), textAnchor: "start", dx: 6, fill: "var(--ink)" }),
      ],
    };
  },
};

function draw() {
  const audience = chosen();
  const figures = [...document.querySelectorAll("figure[data-picture]")];
  const widths = figures.map((figure) => Math.floor(figure.parentElement.clientWidth)); // all before the first change
  figures.forEach((figure, place) => {
    const options = pictures[figure.dataset.picture](Math.max(widths[place], 260), audience);
    if (!options) {
      figure.replaceChildren();
      return;
    }
    const picture = plot(options);
    picture.querySelector("style")?.remove(); // the policy of the page allows no style but its own, which has these rules
    for (const group of picture.querySelectorAll("[aria-label]")) group.removeAttribute("aria-label"); // names of marks
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-labelledby", figure.getAttribute("aria-labelledby"));
    figure.replaceChildren(picture);
  });
}

// What a cell is sorted by: its data-s, or the number in the figure of the chosen audience, or its text.
function key(row, column, mark) {
  const cell = row.cells[Math.min(column, row.cells.length - 1)];
  if (cell.dataset.s !== undefined) return +cell.dataset.s;
  const words = (cell.querySelector(`.${mark}`) ?? cell).textContent.trim();
  const value = parseFloat(words.replaceAll(",", ""));
  return cell.tagName === "TD" && !cell.classList.contains("t") ? (Number.isNaN(value) ? -1 : value) : words.toLowerCase();
}

// The rows of a table: all of them, in their order. Only the first ones that match the search are in the page, for with
// thousands of rows there each change would take seconds.
class Rows {
  constructor(table) {
    [this.body] = table.tBodies;
    this.heads = [...table.tHead.rows[0].cells];
    this.rows = [...this.body.rows];
    this.most = table.classList.contains("short") ? 200 : Infinity;
    this.words = "";
    table.classList.remove("short");
    if (this.most < this.rows.length) {
      const rest = document.createRange(); // the first rows stay in place: put in again, they would be laid out again
      rest.setStartBefore(this.rows[this.most]);
      rest.setEndAfter(this.rows.at(-1));
      rest.extractContents();
      this.addButton(table.closest(".scroll"));
    }
  }

  show(most = this.most) {
    const found = this.words ? this.rows.filter((row) => row.cells[0].textContent.toLowerCase().includes(this.words)) : this.rows;
    this.body.replaceChildren(...found.slice(0, most));
  }

  sort(column, direction) {
    const mark = MARKS[chosen()];
    const keyed = this.rows.map((row, place) => [key(row, column, mark), place, row]);
    const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0);
    keyed.sort(([a, i], [b, j]) => direction * compare(a, b) || i - j);
    this.rows = keyed.map(([, , row]) => row);
    for (const head of this.heads) head.removeAttribute("aria-sort");
    this.heads[column].setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
    this.show();
  }

  sortAgain() {
    const column = this.heads.findIndex((head) => head.hasAttribute("aria-sort"));
    if (column >= 0) this.sort(column, this.heads[column].getAttribute("aria-sort") === "ascending" ? 1 : -1);
  }

  addButton(box) {
    const button = document.createElement("button");
    button.className = "all";
    button.type = "button";
    button.textContent = `Show all ${number.format(this.rows.length)} rows`;
    button.addEventListener("click", () => {
      this.most = Infinity;
      button.remove();
      this.show();
    });
    box.after(button);
  }

  makeSortable() {
    this.heads.forEach((head, column) => {
      if (head.dataset.fixed !== undefined) return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const former = head.getAttribute("aria-sort");
        const first = head.classList.contains("n") ? -1 : 1; // large numbers first, words from A
        this.sort(column, former ? (former === "ascending" ? -1 : 1) : first);
      });
    });
  }

  makeSearchable(title, box) {
    if (this.rows.length < 12) return;
    const label = document.createElement("label");
    const input = document.createElement("input");
    label.className = "filter";
    input.type = "search";
    label.append(title, input);
    box.before(label);
    input.addEventListener("input", () => {
      this.words = input.value.trim().toLowerCase();
      this.show();
    });
  }
}

const tables = [...document.querySelectorAll("table.sortable")].map((table) => {
  const rows = new Rows(table);
  rows.makeSortable();
  if (table.dataset.filter) rows.makeSearchable(table.dataset.filter, table.closest(".scroll"));
  return rows;
});
for (const input of document.querySelectorAll("input[name=audience]"))
  input.addEventListener("change", () => {
    draw();
    for (const table of tables) table.sortAgain();
  });
addEventListener("beforeprint", () => {
  for (const table of tables) table.show(Infinity);
  for (const details of document.querySelectorAll("main details")) details.open = true;
});
addEventListener("afterprint", () => tables.forEach((table) => table.show()));
let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth !== width) requestAnimationFrame(draw);
  width = innerWidth;
});
draw();
