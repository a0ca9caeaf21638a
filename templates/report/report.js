// Filters, opens and copies what the page already says. The page is complete without it.

const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// ---- open what a link points into -------------------------------------------------------------

function reveal(element) {
  for (let it = element; it; it = it.parentElement) {
    if (it.tagName === "DETAILS") it.open = true;
    it.classList.remove("filtered");
  }
}

function revealHash() {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  reveal(target);
  target.scrollIntoView();
}

addEventListener("hashchange", revealHash);
revealHash();

// A closed element is not printed: open everything, and close again what the reader had closed.
let closed = [];
addEventListener("beforeprint", () => {
  closed = all("details:not([open])");
  for (const it of closed) it.open = true;
});
addEventListener("afterprint", () => {
  for (const it of closed) it.open = false;
});

// ---- filter -----------------------------------------------------------------------------------

const input = document.getElementById("filter");
const status = document.getElementById("filter-status");
const rows = all("[data-filter]");
const sheets = all("details.sheet");
const texts = new WeakMap();

// The text of a row includes the details row below it: a path is found under its call.
function textOf(element) {
  let text = texts.get(element);
  if (text === undefined) {
    const below = element.nextElementSibling;
    text = element.textContent + (below && below.classList.contains("under") ? below.textContent : "");
    text = text.toLowerCase();
    texts.set(element, text);
  }
  return text;
}

function filter() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (element) => words.every((it) => textOf(element).includes(it));
  let shown = 0;
  const open = new Set();
  for (const sheet of sheets) {
    const name = sheet.querySelector("h3").textContent.toLowerCase();
    // A sheet whose name matches is shown whole.
    if (words.every((it) => name.includes(it))) open.add(sheet);
  }
  for (const row of rows) {
    const sheet = row.closest("details.sheet");
    const visible = words.length === 0 || (sheet && open.has(sheet)) || matches(row);
    row.classList.toggle("filtered", !visible);
    const below = row.nextElementSibling;
    if (below && below.classList.contains("under")) below.classList.toggle("filtered", !visible);
    if (visible) shown += 1;
  }
  let sheetsShown = 0;
  for (const sheet of sheets) {
    const visible = words.length === 0 || matches(sheet);
    sheet.classList.toggle("filtered", !visible);
    if (visible) sheetsShown += 1;
  }
  document.body.classList.toggle("filtering", words.length > 0);
  status.textContent = words.length === 0 ? "" : `${sheetsShown} of ${sheets.length} sheets, ${shown} of ${rows.length} rows`;
}

let pending = 0;
input.addEventListener("input", () => {
  clearTimeout(pending);
  pending = setTimeout(filter, 120);
});
input.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  input.value = "";
  filter();
});
addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLInputElement;
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  input.focus();
});

// Only the sheets: opening every path at once is what printing is for.
document.getElementById("open-all").addEventListener("click", () => { for (const it of sheets) it.open = true; });
document.getElementById("close-all").addEventListener("click", () => { for (const it of sheets) it.open = false; });
document.querySelector(".filter").hidden = false;

// ---- copy commands ----------------------------------------------------------------------------

for (const command of all("code.cmd")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy ${command.textContent}`);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(command.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(command);
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  command.after(button);
}

// ---- sort tables by a column ------------------------------------------------------------------

function keyOf(row, column) {
  const text = row.cells[column].textContent.trim();
  const number = Number(text.replaceAll(",", ""));
  return text !== "" && !Number.isNaN(number) ? number : text.toLowerCase();
}

function sortBy(table, column, header) {
  const ascending = header.getAttribute("aria-sort") !== "ascending";
  for (const it of all("th[aria-sort]", table)) it.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const body = table.tBodies[0];
  const groups = [];
  for (const row of body.rows) {
    if (row.classList.contains("under")) groups.at(-1).push(row);
    else groups.push([row]);
  }
  const compare = (a, b) => (typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1);
  groups.sort((a, b) => compare(keyOf(a[0], column), keyOf(b[0], column)) * (ascending ? 1 : -1));
  body.append(...groups.flat());
}

for (const table of all("main table")) {
  if (!table.tHead || table.tBodies[0].rows.length < 3) continue;
  [...table.tHead.rows[0].cells].forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sortBy(table, column, header));
    header.append(button);
  });
}

// ---- narrow screens: the contents start closed -------------------------------------------------

if (matchMedia("(max-width: 60rem)").matches) document.querySelector(".toc").open = false;

// ---- mark the section in view ------------------------------------------------------------------

const links = new Map(all(".toc a").map((it) => [it.getAttribute("href").slice(1), it]));
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const link = links.get(entry.target.id);
    if (!link || !entry.isIntersecting) continue;
    for (const it of all(".toc a[aria-current]")) it.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
    if (link.closest("nav").scrollHeight > innerHeight) link.scrollIntoView({ block: "nearest" });
  }
}, { rootMargin: "-10% 0px -80% 0px" });
for (const id of links.keys()) {
  const section = document.getElementById(id);
  if (section) watcher.observe(section);
}
