// The sheet of a batch: Enter keeps the row and begins the next one without the page being drawn anew, and names are
// offered as they are typed. Without this script the form does the same with a page each time.
const known = document.getElementById("known");
let asking;

const offer = (form, field) => {
  clearTimeout(asking);
  const typed = field.value.trim();
  if (typed.length < 2 || typed.includes("<")) return;
  asking = setTimeout(async () => {
    try {
      const answer = await fetch(`${form.dataset.names}?q=${encodeURIComponent(typed)}`);
      if (!answer.ok) return;
      const { names } = await answer.json();
      known.replaceChildren(...names.map((name) => Object.assign(document.createElement("option"), { value: name })));
    } catch {
      // No names are offered while the server is away; typing goes on.
    }
  }, 120);
};

const begin = () => {
  const form = document.getElementById("entry");
  form.elements.from.addEventListener("input", (event) => offer(form, event.target));
  const wrong = form.querySelector("[aria-invalid]");
  (wrong || form.elements.amount).focus();
  form.elements.address.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.sending) return;
    form.dataset.sending = "yes";
    const body = new URLSearchParams(new FormData(form));
    body.set("fragment", "1");
    try {
      const answer = await fetch(form.action, { method: "POST", body, redirect: "error" });
      if (!answer.ok) throw new Error(answer.statusText);
      const parts = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.getElementById("rows").append(...parts.querySelectorAll("tbody > tr"));
      const isUnfolded = document.getElementById("rare").open;
      for (const id of ["entry", "totals", "steps"]) document.getElementById(id).replaceWith(parts.getElementById(id));
      // A stack of letters with addresses: what was unfolded stays so.
      document.getElementById("rare").open ||= isUnfolded;
      begin();
      document.getElementById("entry").scrollIntoView({ block: "nearest" });
    } catch {
      // The page itself sends what was typed, and shows what is wrong.
      form.submit();
    }
  });
};

begin();
