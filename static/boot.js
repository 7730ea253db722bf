// Starts GOV.UK and MoJ components, and adds what makes a working day quicker. Every page works without it.

const script = document.querySelector("script[data-govuk]");
document.body.classList.add("js-enabled", "govuk-frontend-supported");
for (const address of [script.dataset.govuk, script.dataset.moj]) {
  import(address).then((library) => library.initAll());
}

// The page that "Leave this page quickly" opens takes this one's place: going back does not show it again.
document.addEventListener(
  "click",
  (event) => {
    const exit = event.target.closest?.(".govuk-js-exit-this-page-button");
    if (!exit) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    location.replace(exit.href);
  },
  true,
);

// "/" goes to the search box, unless the person is typing or has turned it off.
const remembered = "slash-goes-to-search";
const isOn = () => localStorage.getItem(remembered) !== "off";
const isTyping = (element) => element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  const search = document.querySelector("[data-search]");
  if (!search || !isOn() || isTyping(event.target)) return;
  event.preventDefault();
  search.focus();
});

// A list that answered a form: its own address in place of the form's, so that going back asks for it again.
const list = document.querySelector("[data-address]");
if (list) history.replaceState(null, "", list.dataset.address);

const shortcut = document.querySelector("[data-shortcut-switch]");
if (shortcut) {
  const say = () => {
    shortcut.textContent = isOn() ? shortcut.dataset.whenOn : shortcut.dataset.whenOff;
  };
  shortcut.addEventListener("click", () => {
    localStorage.setItem(remembered, isOn() ? "off" : "on");
    say();
  });
  say();
  shortcut.hidden = false;
}

// One box that ticks all boxes of its name, in the same form or else on the page.
const boxesOf = (all) => {
  const within = all.closest("form") ?? document;
  return [...within.querySelectorAll(`input[type=checkbox][name="${CSS.escape(all.dataset.selectAll)}"]`)];
};

const readySelectAll = (root) => {
  for (const all of root.querySelectorAll("[data-select-all][hidden]")) {
    const box = all.querySelector("input");
    all.hidden = false;
    const boxes = boxesOf(all);
    box.checked = boxes.length > 0 && boxes.every((each) => each.checked);
    box.addEventListener("change", () => {
      const changed = boxesOf(all).filter((each) => each.checked !== box.checked);
      for (const each of changed) each.checked = box.checked;
      for (const each of changed) each.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
};
readySelectAll(document);

document.addEventListener("change", (event) => {
  for (const all of document.querySelectorAll("[data-select-all]")) {
    const boxes = boxesOf(all);
    if (!boxes.includes(event.target)) continue;
    const ticked = boxes.filter((each) => each.checked).length;
    const box = all.querySelector("input");
    box.checked = ticked === boxes.length;
    box.indeterminate = ticked > 0 && ticked < boxes.length;
  }
});
document.addEventListener("htmx:load", (event) => readySelectAll(event.detail.elt));

// "3 changes": what is ticked here, and what was ticked on other pages of the list.
document.addEventListener("change", (event) => {
  for (const said of event.target.form?.querySelectorAll("[data-counts]") ?? []) {
    const ticked = said.closest("form").querySelectorAll(`input[name="${said.dataset.counts}"]:checked`).length;
    const n = ticked + Number(said.dataset.elsewhere);
    said.textContent = n === 1 ? said.dataset.one : said.dataset.words.replace("%d", n);
  }
});

// An open menu closes on Escape, and when the person turns to something else.
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest?.("details.desk-menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.desk-menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// A long form keeps itself: a while after the last keystroke, as a draft that only its author sees.
for (const form of document.querySelectorAll("form[data-keeps-drafts]")) {
  const pause = 10_000; // milliseconds
  let waiting = 0;
  let isTyped = false;
  form.addEventListener("input", () => {
    isTyped = true;
    clearTimeout(waiting);
    waiting = setTimeout(keep, pause);
  });
  form.addEventListener("submit", () => clearTimeout(waiting));
  const keep = async () => {
    const typed = new FormData(form);
    typed.set("save_draft", "auto");
    const answer = await fetch(location.href, { method: "POST", body: typed, redirect: "error" }).catch(() => null);
    if (!answer?.ok) return;
    const box = form.elements.draft ?? Object.assign(document.createElement("input"), { type: "hidden", name: "draft" });
    box.value = await answer.text();
    form.append(box);
  };
  // A link to what is done in the middle of it takes the typing along.
  for (const link of document.querySelectorAll("a[data-keeps-typing]")) {
    link.addEventListener("click", async (event) => {
      if (!isTyped || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      clearTimeout(waiting);
      await keep();
      const there = new URL(link.href);
      if (form.elements.draft) there.searchParams.set("draft", form.elements.draft.value);
      location.assign(there);
    });
  }
}
