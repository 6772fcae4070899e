// The sum to pay, as it is typed. Without this script the page says what one share costs.
for (const form of document.querySelectorAll("form[data-amount]")) {
  const line = form.querySelector(".sum");
  const shown = line.querySelector("output");
  const number = (name) => Number(form.elements[name].value.replace(/[£,\s]/g, ""));
  const price = () => {
    const chosen = form.elements.class;
    return Number((chosen.selectedOptions ? chosen.selectedOptions[0] : chosen).dataset.price);
  };
  const work = () => {
    const [shares, gift] = [number("shares"), number("gift")];
    const isSum = Number.isInteger(shares) && shares > 0 && gift >= 0;
    line.hidden = !isSum;
    if (isSum) {
      const pounds = (shares * price()) / 100 + gift;
      shown.textContent = new Intl.NumberFormat("en-GB", { style: "currency", currency: "GBP" }).format(pounds);
    }
  };
  form.addEventListener("input", work);
  work();
}
