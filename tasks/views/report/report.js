  const page = document.documentElement;
  page.classList.add("js", "booting");

  const one = (query, within = document) => within.querySelector(query);
  const all = (query, within = document) => [...within.querySelectorAll(query)];
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  // A clip is a video only while somebody looks at it: a thousand players would be a thousand downloads.
  function player(link, settings) {
    const video = Object.assign(document.createElement("video"), { loop: true, playsInline: true, ...settings });
    video.src = link.href;
    return video;
  }

  function unload(video) {
    video.pause();
    video.removeAttribute("src");
    video.load();
    video.remove();
  }

  const preview = {
    link: null,
    video: null,
    timer: 0,
    start(link) {
      if (calm.matches || box.open() || this.link === link) return;
      this.stop();
      this.link = link;
      this.timer = setTimeout(() => this.roll(), 90);
    },
    roll() {
      const { link } = this;
      this.video = player(link, { muted: true, className: "take", tabIndex: -1 });
      this.video.setAttribute("aria-hidden", "true");
      this.video.addEventListener("playing", () => link.classList.add("playing"));
      link.append(this.video);
      this.video.play().catch(() => {});
    },
    stop() {
      clearTimeout(this.timer);
      if (this.video) unload(this.video);
      this.link?.classList.remove("playing");
      this.link = this.video = null;
    },
  };

  // Full size: one clip, or the takes of a shot side by side, which play together.
  const box = {
    dialog: null,
    opener: null,
    link: null,
    videos: [],
    get video() {
      return this.videos[0] ?? null;
    },
    open() {
      return Boolean(this.dialog?.open);
    },
    shots() {
      packed.whole();
      const cards = all(".card:not([hidden])").filter((card) => !card.closest(".scene[hidden]"));
      return cards.map((card) => this.way(card)).filter(Boolean);
    },
    way(card) {
      return one("a.still", card) ?? one(".takes a", card);
    },
    enter(link) {
      const card = link.dataset.play ? document.getElementById(link.dataset.play) : link.closest(".card");
      this.opener = link;
      this.list = this.shots();
      this.show(card ? this.way(card) : link, link.closest(".takes li")?.dataset.n);
    },
    show(link, pick) {
      preview.stop();
      this.clear();
      this.link = link;
      const card = link.closest(".card");
      const panes = review.panes(card, link, pick);
      this.videos = panes.map((pane) => one("video", pane));
      this.tell(card);
      one(".stage", this.dialog).replaceChildren(...panes);
      one(".stage", this.dialog).classList.toggle("many", panes.length > 1);
      const wanted = review.current;
      if (!this.open()) this.dialog.showModal(); // which turns to the first button
      review.shown(card);
      (wanted?.pane ?? this.video).focus({ preventScroll: true });
      this.play();
    },
    clear() {
      this.videos.forEach(unload);
      this.videos = [];
    },
    play() {
      for (const video of this.videos) video.play().catch(() => this.silently(video));
    },
    silently(video) {
      if (!this.videos.includes(video)) return;
      video.muted = true;
      video.play().catch(() => {});
    },
    tell(card) {
      const part = (query) => (card ? one(query, card).textContent.trim() : "");
      const links = this.list ?? this.shots();
      const place = card ? `${links.indexOf(this.link) + 1} of ${links.length}` : "";
      one("#box-id").textContent = card ? part("h3") : "The reel";
      const status = one("#box-status");
      status.replaceChildren(...(card ? [one(".status", card).cloneNode(true)] : []));
      status.className = card ? card.dataset.status : "";
      one("#box-place").textContent = place;
      one("#box-prompt").textContent = part(".prompt");
      one("#box-facts").textContent = part(".facts");
      one("#box-copies").hidden = !card;
      for (const button of all(".previous, .next, .walk", this.dialog)) button.hidden = !card || links.length < 2;
    },
    step(by) {
      const links = this.list ?? this.shots();
      const at = links.indexOf(this.link);
      if (at < 0) return;
      this.opener = null;
      this.show(links[(at + by + links.length) % links.length]);
    },
    toggle() {
      if (this.videos.some((video) => !video.paused)) for (const video of this.videos) video.pause();
      else this.play();
    },
    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("textarea, input:not([type=range])")) return;
      const steps = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };
      const slides = event.target.type === "range" && event.key in steps;
      const space = event.key === " " && event.target.tagName !== "BUTTON";
      if (slides || !(space || event.key in steps || review.key(event.key))) return;
      event.preventDefault();
      event.stopPropagation();
      if (space) this.toggle();
      else if (event.key in steps) this.step(steps[event.key]);
    },
    closed() {
      this.clear();
      const back = this.opener ?? this.link;
      this.opener = this.link = this.list = null;
      review.closed();
      sheet.apply();
      back.focus({ preventScroll: true });
      back.scrollIntoView({ block: "nearest" });
    },
  };

  const SIDE = 3; // shots; scenes of fewer stand side by side
  const PAPER = 3; // columns of a printed sheet
  const TOLD = 2000; // milliseconds that a button says what it did
  const ROOM = 30; // milliseconds of unpacking in one go
  const EACH = 50; // milliseconds between two goes where a browser does not tell when it is idle

  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  }

  const copies = {
    row() {
      const row = one("#box-copies").cloneNode(true);
      row.removeAttribute("id");
      row.hidden = false;
      return row;
    },
    async copy(button) {
      const card = button.closest(".card") ?? box.link.closest(".card");
      const text = button.dataset.again === undefined ? one(".prompt", card).textContent : this.command(card);
      const done = (await this.put(text)) ? "Copied" : "Not copied";
      const words = (button.dataset.words ??= button.textContent);
      button.textContent = one("#copied").textContent = done;
      setTimeout(() => (button.textContent = words), TOLD);
    },
    command(card) {
      const id = one("h3", card).textContent;
      const named = id === "stale" ? "id:stale" : id;
      return `${document.body.dataset.again}=${/^[\w@%+=:,./-]+$/.test(named) ? named : `'${named.replaceAll("'", "'\\''")}'`}`;
    },
    async put(text) {
      try {
        await navigator.clipboard.writeText(text);
        return true;
      } catch {
        return this.byHand(text);
      }
    },
    byHand(text) {
      const field = Object.assign(document.createElement("textarea"), { value: text, className: "unseen" });
      const back = document.activeElement;
      (back?.closest("dialog") ?? document.body).append(field);
      field.select();
      const done = document.execCommand("copy"); // where a page has no clipboard: plain http
      field.remove();
      back?.focus({ preventScroll: true });
      return done;
    },
  };

  // Of many shots all but the first lie packed, as a page without script shows them: they are unpacked when they come near,
  // while the browser has nothing to do, or all at once when something asks for all.
  const packed = {
    start(ready) {
      this.ready = ready;
      const near = new IntersectionObserver((seen) => seen.filter((one) => one.isIntersecting).forEach(({ target }) => this.open(target)), {
        rootMargin: "100% 0px",
      });
      for (const part of all(".packed")) near.observe(part);
      addEventListener("load", () => this.idle());
      addEventListener("beforeprint", () => this.whole());
      this.tell();
    },
    open(part) {
      if (part.isConnected) part.replaceWith(document.createRange().createContextualFragment(one("noscript", part).textContent));
    },
    idle() {
      const soon = window.requestIdleCallback ?? ((act) => setTimeout(act, EACH));
      soon(() => {
        const until = performance.now() + ROOM;
        for (let part = one(".packed"); part; part = performance.now() < until && one(".packed")) this.open(part);
        if (one(".packed")) this.idle();
        else this.tell();
      });
    },
    // Whether there was something to unpack.
    whole() {
      const parts = all(".packed");
      for (const part of parts) this.open(part);
      this.tell();
      return parts.length > 0;
    },
    tell() {
      if (!this.ready || one(".packed")) return;
      const { ready } = this;
      this.ready = null;
      ready();
    },
  };

  const sheet = {
    words: new Map(),
    get cards() {
      packed.whole();
      return (this.found ??= all(".card").map((card) => ({ card, home: card.parentElement, scene: card.closest(".scene") })));
    },
    start() {
      one(".tools").addEventListener("input", () => this.turn());
      for (const chip of all(".chip")) chip.addEventListener("click", () => this.press(chip));
      for (const button of all("#reset, [data-reset]")) button.addEventListener("click", () => this.again());
      this.read();
      this.apply();
      window.addEventListener("resize", () => this.fit());
      window.addEventListener("beforeprint", () => this.lay(this.left, PAPER));
      window.addEventListener("afterprint", () => this.fit());
      window.addEventListener("hashchange", () => this.read() && this.apply());
      window.addEventListener("pageshow", () => (this.read(), this.apply())); // a browser may have filled the form again
    },
    press(chip) {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      this.turn();
    },
    clear() {
      one("#text").value = "";
      one("#scene").value = one("#gateway").value = "*";
      for (const chip of all(".chip")) chip.setAttribute("aria-pressed", "false");
    },
    reset() {
      this.clear();
      this.turn();
    },
    turn() {
      this.apply();
      this.write();
    },

    // The address holds what is chosen, as `#failed&scene=Quay`: a reload and a link that is passed on show the same.
    read() {
      const words = location.hash.slice(1);
      const late = words && packed.whole();
      const named = words && document.getElementById(decoded(words));
      if (named && !named.classList.contains("card")) return false;
      if (named && late) location.replace(location.href); // the browser looked for it before it was there
      this.clear();
      one("#order").value = "board";
      if (!named) for (const word of words.split("&")) this.choose(...word.split("=", 2).map(decoded));
      return true;
    },
    choose(name, value) {
      if (value === undefined) {
        const chip = all(".chip").find(({ dataset }) => dataset.name === name || dataset.status === name);
        chip?.setAttribute("aria-pressed", "true");
      } else if (name === "find") {
        one("#text").value = value;
      } else if (["scene", "gateway", "order"].includes(name)) {
        const wanted = name === "order" ? value : `=${value}`;
        if ([...one(`#${name}`).options].some((option) => option.value === wanted)) one(`#${name}`).value = wanted;
      }
    },
    write() {
      const { pressed, scene, gateway } = this.wanted();
      const chips = all(".chip").filter(({ dataset }) => pressed.includes(dataset.status));
      const words = chips.map(({ dataset }) => dataset.name);
      const add = (name, value) => words.push(`${name}=${encodeURIComponent(value)}`);
      if (scene !== "*") add("scene", scene.slice(1));
      if (gateway !== "*") add("gateway", gateway.slice(1));
      if (one("#text").value.trim()) add("find", one("#text").value.trim());
      if (one("#order").value !== "board") add("order", one("#order").value);
      const place = location.href.split("#")[0];
      try {
        history.replaceState(history.state, "", words.length ? `${place}#${words.join("&")}` : place);
      } catch {
        // a browser that is asked too often says no; the next change is told again
      }
    },
    again() {
      this.reset();
      one("#text").focus({ preventScroll: true });
    },
    wanted() {
      const words = one("#text").value.toLowerCase().split(/\s+/).filter(Boolean);
      const pressed = all('.chip[aria-pressed="true"]').map((chip) => chip.dataset.status);
      return { words, pressed, scene: one("#scene").value, gateway: one("#gateway").value };
    },
    narrows({ words, pressed, scene, gateway }) {
      return Boolean(words.length || pressed.length || scene !== "*" || gateway !== "*" || one("#order").value !== "board");
    },
    fits({ card, scene: { dataset: of } }, { words, pressed, scene, gateway }) {
      const is = card.dataset;
      if (scene !== "*" && `=${of.scene}` !== scene) return false;
      if (gateway !== "*" && `=${is.gateway}` !== gateway) return false;
      if (pressed.length && !is.status.split(" ").some((status) => pressed.includes(status))) return false;
      return words.every((word) => this.text(card, of.scene).includes(word));
    },
    text(card, scene) {
      if (!this.words.has(card)) this.words.set(card, `${scene} ${card.textContent}`.toLowerCase());
      return this.words.get(card);
    },
    // The scenes as the board has them, each with its number of shots.
    board() {
      return new Map(all(".scene:not(.sorted)").map((scene) => [scene, Number(scene.dataset.shots)]));
    },
    apply() {
      preview.stop();
      const wanted = this.wanted();
      if (one(".packed") && !this.narrows(wanted)) return this.lay(this.board());
      let found = 0;
      const left = new Map();
      for (const each of this.cards) {
        const { card, scene } = each;
        card.hidden = !this.fits(each, wanted);
        if (card.hidden) continue;
        found += 1;
        left.set(scene, (left.get(scene) ?? 0) + 1);
      }
      this.lay(left);
      const order = one("#order").value;
      one("#sheet").classList.toggle("narrowed", found < this.cards.length || order !== "board");
      this.sort(order);
      const narrowed = found < this.cards.length || wanted.words.length || wanted.pressed.length;
      one("#found").textContent = found < this.cards.length ? `${found} of ${this.cards.length} shots` : `${found} shots`;
      one("#reset").hidden = !narrowed;
      one("#empty").hidden = found > 0;
    },
    // Scenes of one or two shots stand side by side, and a shot alone in its row has its words beside it.
    lay(left, columns = this.columns()) {
      let [row, filled] = [[], 0];
      const close = () => {
        for (const scene of row) scene.classList.toggle("lone", row.length === 1 && scene.dataset.few === "1");
        [row, filled] = [[], 0];
      };
      for (const [scene, count] of left) {
        if (filled + count > columns) close();
        if (count < SIDE) scene.dataset.few = count;
        else delete scene.dataset.few;
        row.push(scene);
        filled += count;
      }
      close();
      [this.left, this.laid] = [left, columns];
    },
    columns() {
      return getComputedStyle(one("#sheet")).gridTemplateColumns.split(" ").length;
    },
    fit() {
      if (this.columns() !== this.laid) this.lay(this.left);
    },
    sort(order) {
      const flat = one("#sorted");
      const now = flat.dataset.order ?? "board";
      if (order !== now) this.move(flat, order);
      for (const scene of all(".scene")) {
        scene.hidden = (scene === flat) === (order === "board") || !one(".card:not([hidden])", scene);
      }
    },
    move(flat, order) {
      flat.dataset.order = order;
      const cost = ({ card }) => Number(card.dataset.cost);
      const sign = order === "dear" ? -1 : 1;
      const listed = order === "board" ? this.cards : [...this.cards].sort((a, b) => sign * (cost(a) - cost(b)));
      for (const { card, home } of listed) (order === "board" ? home : one("ol", flat)).append(card);
    },
  };

  function start() {
    box.dialog = one("#box");
    for (const details of all("details.more")) details.open = false;
    page.classList.remove("booting");
    packed.start(() => review.start());
    sheet.start();

    const still = (event) => event.target.closest?.("a.still, a.hero");
    document.addEventListener("pointerover", (event) => {
      if (event.pointerType !== "touch" && still(event)) preview.start(still(event));
    });
    document.addEventListener("pointerout", (event) => {
      if (still(event) && !still(event).contains(event.relatedTarget)) preview.stop();
    });
    document.addEventListener("focusin", (event) => {
      if (event.target.matches(":is(a.still, a.hero):focus-visible")) preview.start(event.target);
    });
    document.addEventListener("focusout", (event) => {
      if (event.target === preview.link) preview.stop();
    });
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-play]");
      if (link && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)) {
        event.preventDefault();
        box.enter(link);
      }
      if (event.target.closest('.needs a[href^="#"]')) packed.whole(), sheet.reset();
      if (event.target.closest(".copy")) copies.copy(event.target.closest(".copy"));
    });
    const opened = ({ target }) => {
      if (!target.matches?.(".more")) return;
      target.closest(".card").classList.toggle("opened", target.open);
      if (target.open && !one(".copies", target)) target.append(copies.row());
    };
    document.addEventListener("toggle", opened, true);
    box.dialog.addEventListener("keydown", (event) => box.key(event), true);
    box.dialog.addEventListener("close", () => box.closed());
    box.dialog.addEventListener("click", (event) => {
      if (event.target === box.dialog || event.target.classList.contains("stage")) box.dialog.close();
    });
    one(".close", box.dialog).addEventListener("click", () => box.dialog.close());
    one(".previous", box.dialog).addEventListener("click", () => box.step(-1));
    one(".next", box.dialog).addEventListener("click", () => box.step(1));
    window.addEventListener("beforeprint", () => {
      for (const image of all("img[loading]")) image.loading = "eager";
    });
  }

  document.addEventListener("DOMContentLoaded", start);
