// One key for each choice of a line. Without this script every choice is a button of the page.
const cards = [...document.querySelectorAll("[data-line]")];
let at = Math.max(cards.findIndex((card) => `#${card.id}` === location.hash), 0);

function show(next, isAsked) {
  if (cards.length === 0) return;
  at = Math.min(Math.max(next, 0), cards.length - 1);
  cards.forEach((card, index) => card.classList.toggle("is-current", index === at));
  if (isAsked) {
    cards[at].focus({ preventScroll: true });
    cards[at].scrollIntoView({ block: "nearest" });
  }
}

function press(key) {
  const inCard = cards[at]?.querySelector(`[data-key="${key}"]`);
  const button = inCard ?? document.querySelector(`.last-deed [data-key="${key}"]`);
  if (key === "p" && document.querySelector("#pick #q")) return document.querySelector("#q").focus();
  if (key === "s" && document.querySelector("#split")) return unfold("split");
  button?.click();
}

function unfold(id) {
  const deed = document.getElementById(id);
  if (!deed || deed.tagName !== "DETAILS") return;
  deed.open = true;
  deed.querySelector("input:not([type=hidden]), select")?.focus();
}

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, select, textarea");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.key === "j") show(at + 1, true);
  else if (event.key === "k") show(at - 1, true);
  else if ("apsouz".includes(event.key)) press(event.key);
  else return;
  event.preventDefault();
});
// A click or a tab into a card makes it the one that the keys are for.
cards.forEach((card, index) => card.addEventListener("focusin", () => show(index, false)));

for (const legend of document.querySelectorAll("[data-keys]")) legend.hidden = false;
document.documentElement.classList.add("has-keys");
show(at, location.hash.startsWith("#line-"));
if (location.hash === "#split") unfold("split");

// What is left of a line that is split, as it is typed.
for (const form of document.querySelectorAll("form[data-whole]")) {
  const shown = form.querySelector("[data-left]");
  const number = (text) => Math.round(Number(text.replace(/[£€$,\s]/g, "")) * 100);
  const work = () => {
    const typed = [...form.querySelectorAll("[name=amount]")].map((field) => number(field.value) || 0);
    const left = number(form.dataset.whole) - typed.reduce((sum, part) => sum + part, 0);
    const amount = (Math.abs(left) / 100).toFixed(2);
    shown.textContent = left === 0 ? "All of it is placed." : left > 0 ? `${amount} is still to be placed.` : `${amount} too much.`;
    shown.classList.toggle("is-even", left === 0);
  };
  form.addEventListener("input", work);
  work();
}
