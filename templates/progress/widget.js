// <fund-progress fund="SLUG">: the live figure of a fighting fund, on any page. Whatever stands inside the element
// stays until the figure has come. Colours: --fund-accent, --fund-track, --fund-text, --fund-font; parts: figure, bar,
// fill, days. With the attribute in-place it keeps the figures inside itself live instead of drawing its own.
(() => {
  if (customElements.get("fund-progress")) return;
  const script = document.currentScript || document.querySelector('script[src*="/widget.js"]');
  const base = new URL(script.src).origin;
  const QUIET = 30000, STALE = 120000, POLL = 10000, PATIENCE = 8000, RETRY = 60000;
  const css = new CSSStyleSheet();
  css.replaceSync(`:host{display:block;font:400 1rem/1.4 var(--fund-font,Georgia,"Times New Roman",serif);color:var(--fund-text,inherit)}
:host([hidden]){display:none}p{margin:0}.f{display:flex;flex-wrap:wrap;gap:.25em 1.5em;align-items:baseline}
b{font-size:1.6em;line-height:1.15;font-variant-numeric:lining-nums tabular-nums}
b[data-raised]{color:var(--fund-accent,light-dark(#a8161c,#ff8a80))}
.b{height:.9em;margin:.5em 0;background:var(--fund-track,light-dark(#e7e0d0,#4a453c));overflow:hidden;border:1px solid transparent}
.b i{display:block;height:100%;background:var(--fund-accent,light-dark(#a8161c,#ff8a80));border-right:1px solid transparent;transition:width .6s}
.s{font-size:.85em;opacity:.85}.h{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@media(prefers-reduced-motion:reduce){.b i{transition:none}}
@media(forced-colors:active){.b{border-color:CanvasText}.b i{background:Highlight;forced-color-adjust:none}}`);
  class FundProgress extends HTMLElement {
    connectedCallback() {
      this.seen = () => (document.hidden ? this.stop() : this.start());
      document.addEventListener("visibilitychange", this.seen);
      this.clock = setInterval(() => this.age(), QUIET);
      if (!document.hidden) this.start();
    }
    disconnectedCallback() {
      document.removeEventListener("visibilitychange", this.seen);
      clearInterval(this.clock);
      this.stop();
    }
    get address() {
      return `${base}/funds/${encodeURIComponent(this.getAttribute("fund") || "fighting-fund")}/progress`;
    }
    start() {
      this.stop();
      if (!window.EventSource) return this.poll();
      const source = (this.source = new EventSource(`${this.address}/stream`));
      // A proxy may hold a stream back without an error; then the figure is fetched.
      this.timer = setTimeout(() => this.poll(), PATIENCE);
      source.addEventListener("progress", (event) => {
        clearTimeout(this.timer);
        this.polling = false;
        this.show(JSON.parse(event.data));
      });
      source.onerror = () => {
        if (!this.polling) this.poll();
        if (source.readyState === 2) this.again = setTimeout(() => this.start(), RETRY);
      };
    }
    stop() {
      clearTimeout(this.timer);
      clearTimeout(this.again);
      if (this.source) this.source.close();
      this.polling = false;
    }
    async poll() {
      clearTimeout(this.timer);
      this.polling = true;
      try {
        const answer = await fetch(this.address, { cache: "no-cache", credentials: "omit" });
        if (answer.ok) this.show(await answer.json());
      } catch {
        this.age();
      }
      if (this.polling && !document.hidden) this.timer = setTimeout(() => this.poll(), POLL);
    }
    money(text, currency) {
      const lang = this.lang || document.documentElement.lang || "en-GB";
      const digits = /\.0*$/.test(text) ? 0 : undefined;
      return new Intl.NumberFormat(lang, { style: "currency", currency, minimumFractionDigits: digits }).format(text);
    }
    words(d) {
      const raised = this.money(d.raised, d.currency), target = this.money(d.target, d.currency);
      const over = Number(d.surplus) > 0, rest = this.money(over ? d.surplus : d.needed, d.currency);
      const n = d.days_remaining, papers = d.publication_days_remaining;
      const days = d.state === "closed" ? "Closed" : d.state !== "open" ? `Opens on ${d.opens_on}`
        : n === 0 ? "Last day" : `${n}${papers >= 0 ? ` (${papers})` : ""} ${n === 1 ? "day" : "days"} remaining`;
      const said = papers >= 0 && d.state === "open" && n ? `${n} days remaining, ${papers} of them with a paper` : days;
      const spoken = `${raised} raised of ${target}, ${rest} ${over ? "more than the target" : "still needed"}. ${said}.`;
      return { raised, rest, over, days, spoken };
    }
    show(d) {
      this.data = d;
      const w = this.words(d);
      if (this.hasAttribute("in-place")) this.fill(this, w, d);
      else this.draw(w, d);
      this.age();
      if (this.told && this.told !== d.raised && Date.now() - (this.at || 0) > QUIET && this.status) {
        this.status.textContent = w.spoken;
        this.at = Date.now();
      }
      this.told = d.raised;
    }
    draw(w, d) {
      if (!this.shadowRoot) {
        const root = this.attachShadow({ mode: "open" });
        root.adoptedStyleSheets = [css];
        root.innerHTML = `<div class="f" part="figure"><p>You’ve raised: <b data-raised></b></p>
<p><span data-label></span>: <b data-rest></b></p><p part="days" data-days></p></div>
<div class="b" part="bar" role="progressbar"><i part="fill"></i></div><p class="s" data-stale></p><p class="h" role="status"></p>`;
        this.status = root.querySelector("[role=status]");
      }
      this.fill(this.shadowRoot, w, d);
      this.shadowRoot.querySelector("[data-label]").textContent = w.over ? "Past the target" : "We need";
    }
    fill(root, w, d) {
      const set = (name, text) => root.querySelectorAll(`[data-${name}]`).forEach((e) => (e.textContent = text));
      set("raised", w.raised);
      set("rest", w.rest);
      set("days", w.days);
      set("gifts", d.donations);
      set("rest-label", w.over ? "more than the target" : d.state === "closed" ? "short of the target" : "still needed");
      const bar = root.querySelector("[role=progressbar]"), now = Math.min(d.percent, 100);
      for (const [name, value] of [["label", d.title], ["valuemin", 0], ["valuemax", 100], ["valuenow", now], ["valuetext", w.spoken]])
        bar.setAttribute(`aria-${name}`, value);
      const fill = bar.querySelector("i,.raised");
      if (fill) fill.localName === "i" ? (fill.style.width = `${now}%`) : fill.setAttribute("width", `${now}%`);
    }
    age() {
      const place = this.shadowRoot && this.shadowRoot.querySelector("[data-stale]");
      if (!place || !this.data) return;
      const at = new Date(this.data.as_of);
      place.textContent = this.polling && Date.now() - at > STALE ? `as of ${at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}` : "";
    }
  }
  customElements.define("fund-progress", FundProgress);
})();
