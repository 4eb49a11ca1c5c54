"use strict";
// Draws the findings. Text reaches the page as text nodes only; nothing here makes markup of data.
(() => {
  const ROWS_A_PAGE = 50;
  const ROWS_IN_PRINT = 500;
  const FILTERS = ["account", "control", "verdict", "severity", "region"];
  const { accounts, controls, orders, words } = JSON.parse(document.getElementById("data").textContent);
  const findings = JSON.parse(document.getElementById("rows").textContent).map(
    ([control, verdict, severity, type, kind, name, arn, account, region, reasons, waiver]) => ({
      control, verdict, severity, type, kind, name, arn, account, region, reasons, waiver,
    }));
  const byId = (id) => document.getElementById(id);
  const form = document.querySelector(".filters");
  const list = byId("list");
  const body = list.tBodies[0];
  const open = new Set();
  let found = findings;
  let page = 0;
  let sort = null;

  const fill = (template, fields) => template.replace(/\{(\w+)\}/g, (all, key) => (key in fields ? fields[key] : all));
  const number = (n) => n.toLocaleString("en-US");
  const accountName = (id) => accounts[id] || id;
  const subjectName = (f) => f.name || (f.type === "account" && accounts[f.account])
    || f.arn.split(":").slice(5).join(":") || f.arn;

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children.filter((child) => child !== ""));
    return made;
  }
  const bdi = (text) => element("bdi", {}, text);

  function mark(verdict) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", `mark v-${verdict}`);
    svg.setAttribute("viewBox", "0 0 12 12");
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `#m-${verdict}`);
    svg.append(use);
    return svg;
  }

  // --- what a finding is filtered, searched and sorted by
  const label = {
    account: (id) => (accounts[id] ? `${accounts[id]} (${id})` : id),
    control: (id) => (controls[id] ? `${id} · ${controls[id][0]}` : id),
    verdict: (name) => words.verdict[name],
    severity: (name) => words.severity[name],
    region: (name) => name || words.allRegions,
  };
  const rank = {
    severity: (f) => orders.severity.indexOf(f.severity),
    verdict: (f) => orders.verdict.indexOf(f.verdict),
    control: (f) => f.control,
    subject: (f) => subjectName(f).toLowerCase(),
    account: (f) => accountName(f.account).toLowerCase(),
    region: (f) => f.region,
    reason: (f) => (f.reasons.length ? f.reasons[0][1] : ""),
  };
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

  function haystack(f) {
    if (f.haystack === undefined) {
      const evidence = f.reasons.map(([code, message, items]) => [code, message, ...items.map((item) => item[1])].join("\n"));
      f.haystack = [f.name, f.arn, f.kind, f.account, accounts[f.account], f.region, label.control(f.control), ...evidence,
        ...(f.waiver || [])].join("\n").toLowerCase();
    }
    return f.haystack;
  }

  function search() {
    const parts = byId("q").value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = FILTERS.map((key) => [key, byId(`f-${key}`).value]).filter(([, value]) => value !== "*");
    found = findings.filter((f) => wanted.every(([key, value]) => f[key] === value)
      && parts.every((part) => haystack(f).includes(part)));
    if (sort) {
      const key = rank[sort.key];
      found = found.slice().sort((a, b) => sort.way * compare(key(a), key(b)));
    }
    page = 0;
    draw();
    remember(wanted);
  }

  // --- what is searched for stands in the address, so that it can be sent and kept
  const HERE = "#findings?";

  function remember(wanted) {
    const said = new URLSearchParams(wanted);
    if (byId("q").value) said.set("q", byId("q").value);
    const hash = said.toString() ? HERE + said : "#findings";
    if (said.toString() || location.hash.startsWith(HERE)) history.replaceState(null, "", hash);
  }

  function recall() {
    if (!location.hash.startsWith(HERE)) return;
    const said = new URLSearchParams(location.hash.slice(HERE.length));
    for (const key of FILTERS) choose(key, said.get(key));
    byId("q").value = said.get("q") || "";
    search();
    goToFindings();
  }

  function choose(key, value) {
    const select = byId(`f-${key}`);
    select.value = [...select.options].some((option) => option.value === value) ? value : "*";
  }

  // --- drawing
  function cell(...children) { return element("td", {}, ...children); }

  function row(f, index, expanded) {
    const id = `detail-${index}`;
    const subject = subjectName(f);
    const button = element("button", { type: "button", class: "open", "aria-expanded": String(expanded),
      "aria-controls": id, "aria-label": fill(words.details, { subject }) }, bdi(subject));
    const made = element("tr", { class: "row" },
      cell(element("span", { class: `sev s-${f.severity}` }, words.severity[f.severity])),
      cell(element("span", { class: `verdict v-${f.verdict}` }, mark(f.verdict), words.verdict[f.verdict])),
      cell(element("span", { class: "mono nowrap" }, f.control)),
      cell(button, element("span", { class: "id sub-indent" }, [f.kind || words.subject[f.type], f.arn].join(" · "))),
      cell(accounts[f.account] ? bdi(accounts[f.account]) : "", element("span", { class: "id acc" }, f.account)),
      cell(element("span", { class: "nowrap" }, label.region(f.region))),
      cell(bdi(f.reasons.map((reason) => reason[1]).join(" "))));
    const detail = element("tr", { class: "detail", id }, element("td", { colspan: "7" }));
    detail.hidden = !expanded;
    if (expanded) detail.firstChild.append(sheet(f));
    button.addEventListener("click", () => {
      const show = detail.hidden;
      if (show && !detail.firstChild.hasChildNodes()) detail.firstChild.append(sheet(f));
      detail.hidden = !show;
      button.setAttribute("aria-expanded", String(show));
      if (show) open.add(f); else open.delete(f);
    });
    return [made, detail];
  }

  function sheet(f) {
    const made = element("div", { class: "sheet" });
    for (const [code, message, items, rest] of f.reasons) {
      const pairs = element("dl", { class: "pairs" });
      for (const [name, value] of items) pairs.append(element("dt", {}, name), element("dd", {}, bdi(value)));
      made.append(element("div", {}, element("p", { class: "message" }, bdi(message)),
        element("p", { class: "id" }, `${f.control} · ${code}`), items.length ? pairs : "",
        rest ? element("p", { class: "small muted" }, fill(words.more, { n: number(rest) })) : ""));
    }
    if (f.waiver) {
      const [reason, approvedBy, expires] = f.waiver;
      made.append(element("p", {}, bdi(fill(words.waiver, { reason, approvedBy, expires }))));
    }
    const panel = document.querySelector(`.panel[data-arn="${CSS.escape(f.arn)}"]`);
    if (panel) made.append(element("p", {}, element("a", { href: `#${panel.id}` }, words.period)));
    const told = new Set(f.reasons.map(([code]) => remedy(f.control, code)));
    for (const said of told.size ? told : [remedy(f.control, "")]) {
      if (said) made.append(element("dl", { class: "todo" }, element("dt", {}, words.todo), element("dd", {}, coded(said))));
    }
    return made;
  }

  // what mends a reason; a call that was not answered is mended by the call
  function remedy(control, code) {
    if (code === "evidence_gap" || code === "attested") return words.todoGap;
    const known = controls[control] ? controls[control][1] : { "": "" };
    return Object.hasOwn(known, code) ? known[code] : known[""];
  }

  // a text with what stands in `backticks` as code
  const coded = (text) => element("bdi", {},
    ...text.split("`").map((part, index) => (index % 2 ? element("code", {}, part) : part)));

  function draw() {
    const start = page * ROWS_A_PAGE;
    const rows = found.slice(start, start + ROWS_A_PAGE);
    body.replaceChildren(...rows.flatMap((f, index) => row(f, index, open.has(f))));
    list.hidden = !rows.length;
    byId("status").textContent = found.length
      ? fill(words.found, { n: number(found.length), all: number(findings.length) }) : words.none;
    document.querySelector(".pager").hidden = found.length <= ROWS_A_PAGE;
    byId("range").textContent = fill(words.shown, { from: number(start + 1), to: number(start + rows.length),
      n: number(found.length) });
    byId("previous").disabled = !page;
    byId("next").disabled = start + ROWS_A_PAGE >= found.length;
  }

  function turn(step) {
    page += step;
    draw();
    goToFindings();
  }

  function goToFindings() {
    byId("findings-h").scrollIntoView();
    byId("findings-h").focus({ preventScroll: true });
  }

  // --- sorting: a button in each header
  function sortButton(header, action) {
    const button = element("button", { type: "button" }, ...header.childNodes);
    button.title = fill(words.sort, { column: header.textContent || button.textContent });
    header.append(button);
    button.addEventListener("click", () => {
      const way = header.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      for (const other of header.parentNode.children) other.removeAttribute("aria-sort");
      header.setAttribute("aria-sort", way === 1 ? "ascending" : "descending");
      action(way);
    });
  }

  function sortTable(header, way) {
    const rows = header.closest("table").tBodies[0];
    const column = header.cellIndex;
    const numeric = header.dataset.sort === "n";
    const key = (tr) => {
      const value = tr.cells[column].dataset.value;
      return numeric ? Number(value) : value.toLowerCase();
    };
    rows.append(...[...rows.rows].sort((a, b) => way * compare(key(a), key(b))));
  }

  // --- setting up
  function options(key) {
    const counted = new Map();
    for (const f of findings) counted.set(f[key], (counted.get(f[key]) || 0) + 1);
    const order = key in orders ? (value) => orders[key].indexOf(value) : (value) => label[key](value).toLowerCase();
    const values = [...counted.keys()].sort((a, b) => compare(order(a), order(b)));
    byId(`f-${key}`).append(element("option", { value: "*" }, words.any),
      ...values.map((value) => element("option", { value }, `${label[key](value)} – ${number(counted.get(value))}`)));
    byId(`f-${key}`).addEventListener("change", search);
  }

  FILTERS.forEach(options);
  byId("q").addEventListener("input", search);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(search));
  byId("previous").addEventListener("click", () => turn(-1));
  byId("next").addEventListener("click", () => turn(1));
  for (const header of list.tHead.rows[0].cells) {
    sortButton(header, (way) => { sort = { key: header.dataset.key, way }; search(); });
  }
  for (const header of document.querySelectorAll("[data-sortable] th[data-sort]")) {
    sortButton(header, (way) => sortTable(header, way));
  }
  for (const link of document.querySelectorAll("a[data-filter]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault(); // following the fragment would take the focus away again
      form.reset();
      choose(link.dataset.filter, link.dataset.for);
      search();
      goToFindings();
    });
  }
  window.addEventListener("beforeprint", () => {
    body.replaceChildren(...found.slice(0, ROWS_IN_PRINT).flatMap((f, index) => row(f, index, true)));
    if (found.length > ROWS_IN_PRINT) {
      byId("status").textContent = fill(words.printed, { n: number(ROWS_IN_PRINT), all: number(found.length) });
    }
  });
  window.addEventListener("afterprint", draw);
  window.addEventListener("hashchange", recall);
  form.hidden = false;
  byId("undrawn").hidden = true;
  if (location.hash.startsWith(HERE)) recall(); else search();
})();
