// <fund-progress fund="SLUG">: the live figure of a fighting fund, on any page. Whatever stands inside the element
// stays until the figure has come. Colours and type: --fund-accent, --fund-track, --fund-text, --fund-font; parts:
// figure, bar, fill, days, link. Its figures take the page's own text colour, so they are read on any ground. A link inside
// it stays under the figure (slot "give"), or is made from the attribute href. It writes no HTML as text, so that a page
// may ask for trusted types. With the attribute in-place it keeps the figures inside itself live and draws none of its own.
(() => {
  if (customElements.get("fund-progress")) return;
  const script = document.currentScript || document.querySelector('script[src*="/widget.js"]');
  const base = new URL(script.src).origin;
  // Milliseconds: between two announcements; until a figure is shown with its age; between two questions where streams
  // are blocked; until a silent stream counts as blocked; the first and the longest wait before a stream is tried again.
  const QUIET = 3e4, STALE = 12e4, POLL = 1e4, PATIENCE = 8e3, AGAIN = 15e3, RARELY = 24e4;
  const css = new CSSStyleSheet();
  css.replaceSync(`:host{display:block;font-family:var(--fund-font,inherit);line-height:1.4;color:var(--fund-text,inherit);--a:var(--fund-accent,color-mix(in oklab,#c8202a 70%,currentColor));--t:var(--fund-track,color-mix(in srgb,currentColor 18%,transparent))}
:host([hidden]){display:none}p{margin:0}.f{display:flex;flex-wrap:wrap;gap:.1em 1.4em;align-items:baseline}
b{font-size:1.6em;line-height:1.2;font-variant-numeric:tabular-nums;white-space:nowrap}b[data-raised]{color:var(--fund-accent,inherit)}a{color:inherit}
.b{height:.9em;margin:.5em 0 .2em;background:var(--t);border:1px solid transparent}
i{display:block;height:100%;background:var(--a)}
.s{font-size:.85em}.h{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@media(prefers-reduced-motion:no-preference){i{transition:width .6s}}
@media(forced-colors:active){.b{border-color:CanvasText}i{background:Highlight;forced-color-adjust:none}}`);
  const make = (name, set, ...inside) => {
    const element = document.createElement(name);
    for (const key in set) element.setAttribute(key, set[key]);
    element.append(...inside);
    return element;
  };
  const money = (text, currency) =>
    new Intl.NumberFormat("en-GB", { style: "currency", currency, trailingZeroDisplay: "stripIfInteger" }).format(text);
  const words = (d) => {
    const raised = money(d.raised, d.currency), over = +d.surplus > 0, rest = money(over ? d.surplus : d.needed, d.currency);
    const n = d.days_remaining, papers = d.publication_days_remaining, remain = `${n === 1 ? "day" : "days"} remaining`;
    const open = d.state === "open", shut = d.state === "closed", counted = open && n && papers >= 0;
    const first = new Date(d.opens_on).toLocaleDateString("en-GB", { dateStyle: "long", timeZone: "UTC" });
    const days = shut ? "Closed" : !open ? `Opens on ${first}` : !n ? "Last day" : `${n}${counted ? ` (${papers})` : ""} ${remain}`;
    const said = counted ? `${n} ${remain}, ${papers} of them with a paper` : days;
    const label = over ? "More than the target" : shut ? "Short of the target" : "We need";
    const target = money(d.target, d.currency), left = n || days;
    const spoken = `You’ve raised: ${raised} of ${target}. ${label}: ${rest}. ${said}.`;
    return { raised, target, rest, label, days, left, said, spoken };
  };
  customElements.define("fund-progress", class extends HTMLElement {
    static observedAttributes = ["fund"];
    attributeChangedCallback() {
      this.look?.();
    }
    connectedCallback() {
      this.wait = AGAIN;
      this.look = () => (document.hidden ? this.stop() : this.start());
      document.addEventListener("visibilitychange", this.look);
      this.clock = setInterval(() => this.tick(), QUIET);
      this.look();
    }
    disconnectedCallback() {
      document.removeEventListener("visibilitychange", this.look);
      clearInterval(this.clock);
      this.look = this.stop();
    }
    get address() {
      return `${base}/funds/${encodeURIComponent(this.getAttribute("fund") || "fighting-fund")}/progress`;
    }
    start() {
      this.stop();
      this.on = true;
      if (!window.EventSource) return this.poll();
      const source = (this.source = new EventSource(this.address + "/stream"));
      // A proxy may hold a stream back without an error; then the figure is fetched.
      this.timer = setTimeout(() => this.poll(), PATIENCE);
      source.addEventListener("progress", (event) => {
        clearTimeout(this.timer);
        this.live = true;
        this.wait = AGAIN;
        try {
          this.show(JSON.parse(event.data));
        } catch {}
      });
      source.onerror = () => {
        // The figure is asked for at once, and from then on in its own time, however often the stream fails.
        if (this.live !== false) this.poll();
        this.live = false;
        if (source.readyState < 2) return;
        this.again = setTimeout(() => this.start(), this.wait);
        this.wait = Math.min(this.wait * 2, RARELY);
      };
    }
    stop() {
      clearTimeout(this.timer);
      clearTimeout(this.again);
      this.source?.close();
      this.source = this.live = this.on = null;
    }
    async poll() {
      clearTimeout(this.timer);
      const address = this.address;
      try {
        const answer = await fetch(address, { cache: "no-cache", credentials: "omit" });
        if (!answer.ok || address !== this.address) throw 0;
        // An unchanged figure comes from the browser's memory; the headers tell its age by one clock, the server's.
        const [asked, as_of] = ["date", "as-of"].map((name) => answer.headers.get(name));
        this.show({ ...(await answer.json()), as_of });
        this.age(Date.parse(asked) - Date.parse(as_of) > STALE);
      } catch {}
      clearTimeout(this.timer);
      if (this.on && !this.live) this.timer = setTimeout(() => this.poll(), POLL);
    }
    show(d) {
      const w = (this.w = words(d)), own = !this.hasAttribute("in-place");
      // Built aside and put in last: whatever fails before leaves what stands inside the element.
      const made = own && !this.shadowRoot && this.build(d);
      const root = made || (own ? this.shadowRoot : this), now = Math.min(d.percent, 100);
      const texts = { ...w, gifts: d.donations, "rest-label": w.label === "We need" ? "still needed" : w.label.toLowerCase() };
      for (const name in texts) root.querySelectorAll(`[data-${name}]`).forEach((e) => (e.textContent = texts[name]));
      const bar = root.querySelector("[role=progressbar]"), fill = bar.querySelector("i,.raised");
      const spoken = { label: d.title, valuemin: 0, valuemax: 100, valuenow: now, valuetext: w.spoken };
      for (const name in spoken) bar.setAttribute("aria-" + name, spoken[name]);
      if (own) {
        fill.style.width = now + "%";
        root.querySelector("[data-days]").title = w.said;
      } else fill.setAttribute("width", now + "%");
      if (made) this.put(made);
      this.told ??= d.raised;
      this.d = d;
      this.heard = performance.now();
      this.age(false);
    }
    build(d) {
      const all = document.createDocumentFragment(), link = this.querySelector("a[href]"), href = this.getAttribute("href");
      const give = make("slot", { name: "give" });
      // The site's own link stays as it is; one deeper inside its words is made anew.
      if (!href && link?.parentNode === this) link.slot = "give";
      else if (href || link) give.append(make("a", { part: "link", href: href || link.href }, href ? `Give to the ${d.title}` : link.textContent));
      all.append(
        make("div", { class: "f", part: "figure" },
          make("p", {}, "You’ve raised: ", make("b", { "data-raised": "" })),
          make("p", {}, make("span", { "data-label": "" }), ": ", make("b", { "data-rest": "" })),
          make("p", { part: "days", "data-days": "" })),
        make("div", { class: "b", part: "bar", role: "progressbar" }, make("i", { part: "fill" })),
        give, make("p", { class: "s", "data-age": "" }), make("p", { class: "h", role: "status" }));
      return all;
    }
    put(made) {
      const root = this.attachShadow({ mode: "open" });
      try {
        root.adoptedStyleSheets = [css];
        root.append(made);
      } catch {
        root.replaceChildren(make("slot"));
      }
    }
    age(late) {
      const place = this.shadowRoot?.querySelector("[data-age]");
      if (place) place.textContent = late ? `as of ${new Date(this.d.as_of).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })}` : "";
    }
    tick() {
      if (!this.d) return;
      const silent = performance.now() - this.heard;
      if (silent > STALE) this.poll();
      // The question of one round ago had no answer either.
      if (silent > STALE + QUIET) this.age(true);
      const status = this.shadowRoot?.querySelector("[role=status]");
      if (status && this.told !== this.d.raised) status.textContent = this.w.spoken;
      this.told = this.d.raised;
    }
  });
})();
