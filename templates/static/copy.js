// A button beside each detail of a payment that copies it. Without this script, or where the browser keeps the clipboard
// to itself, the details are there to be read and typed.
for (const place of navigator.clipboard ? document.querySelectorAll("[data-copy]") : []) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button second small copy-button no-print";
  const say = (words) => button.replaceChildren(words, label());
  const label = () => {
    const rest = document.createElement("span");
    rest.className = "visually-hidden";
    rest.textContent = ` the ${place.dataset.copy}`;
    return rest;
  };
  let later;
  button.addEventListener("click", async () => {
    clearTimeout(later);
    try {
      await navigator.clipboard.writeText(place.textContent.replace(/\s+/g, " ").trim());
      say("Copied");
    } catch {
      say("Not copied");
    }
    later = setTimeout(() => say("Copy"), 3000);
  });
  button.setAttribute("aria-live", "polite");
  say("Copy");
  // Outside of what is marked whole with one touch.
  (place.closest(".reference") ?? place).after(" ", button);
}
