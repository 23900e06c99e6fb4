
  // Choosing among takes: each choice goes to the server of `storyreel review`, or stays in this page until it is saved.
  const WORDS = { select: "chose take", reject: "rejected take", again: "asked for one more take" };
  const DRIFT = 0.08; // seconds that takes may be apart
  const ASK = 5000; // milliseconds between two looks at what others chose
  const THINKS = 400; // milliseconds after a choice until the plan is asked for
  const RUNS = /^[\p{Cc}\p{Cf}\p{Z}\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]*[=+\-@＝＋－＠﹦﹢﹣﹫\t\r]/u;

  const review = {
    shots: new Map(),
    served: false,
    shot: null,
    current: null,
    kept: [],
    tag: "",
    turns: 0,
    start() {
      this.served = page.dataset.served !== undefined;
      for (const card of all(".card[data-key]")) this.read(card);
      if (!this.shots.size) return;
      one("#by").value = this.remembered().by || (page.dataset.served ?? "");
      this.recall();
      this.listen();
      for (const shot of this.shots.values()) this.paint(shot);
      this.tally();
      if (this.served) setInterval(() => document.hidden || this.ask(), ASK);
    },
    read(card) {
      const first = one(".takes li", card)?.dataset; // takes that say nothing of themselves say what the first does
      const takes = all(".takes li", card).map((li) => ({ li, link: one("a", li), n: Number(li.dataset.n), sha: li.dataset.sha,
        quote: Number(li.dataset.quote ?? first.quote), draft: li.dataset.grade === "draft", used: li.classList.contains("used"),
        before: li.dataset.verdict ?? "", told: li.dataset.told ?? first.told, poster: one("img", li)?.getAttribute("src") }));
      const said = all(".said li", card).map((li) => ({ ...li.dataset, n: Number(li.dataset.n), take: Number(li.dataset.take),
        after: Number(li.dataset.after), note: one("q", li)?.textContent ?? "" }));
      if (!takes.length) return;
      const { key, after } = card.dataset;
      const frame = one("[data-frame]", card)?.getAttribute("href");
      this.shots.set(key, { card, key, takes, said, frame, after: Number(after), id: one("h3", card).textContent });
    },

    // What counts of what was said: the highest select or reject on a take, and of these the last select.
    standing(shot) {
      const counts = new Map(shot.takes.map((take) => [take, { kind: take.before, at: -1 }]));
      let wish = false;
      shot.said.forEach((one, at) => {
        if (one.kind === "again") wish ||= one.after >= shot.after;
        const take = shot.takes.find(({ n, sha }) => n === one.take && sha === one.sha256);
        if (take && one.kind !== "again") counts.set(take, { kind: one.kind, at, by: one.by });
      });
      const open = shot.takes.filter((take) => counts.get(take).kind !== "reject");
      const selected = open.filter((take) => counts.get(take).kind === "select");
      const chosen = selected.sort((a, b) => counts.get(b).at - counts.get(a).at)[0] ?? null;
      const used = chosen ?? open.find((take) => take.used) ?? open.at(-1) ?? null;
      const waits = !chosen && (open.length > 1 || open.some((take) => take.draft));
      const finals = chosen?.draft && !open.some((take) => !take.draft) ? 1 : 0;
      return { counts, chosen, used, waits, wish, finals, orders: Math.max(open.length ? 0 : 1, wish ? 1 : 0) };
    },

    // The card: which take is in use, what is said of each, and by whom.
    paint(shot) {
      const now = this.standing(shot);
      for (const take of shot.takes) {
        take.li.className = `${take === now.used ? "used " : ""}${now.counts.get(take).kind ? `is-${now.counts.get(take).kind}` : ""}`;
        take.link.setAttribute("aria-label", `${shot.id}, take ${take.n}${this.state(take, now, ", ")}`);
      }
      const still = one("a.still", shot.card);
      if (still && now.used) {
        still.setAttribute("href", now.used.link.getAttribute("href"));
        if (now.used.poster && one("img", still)) one("img", still).src = now.used.poster;
      }
      const status = shot.card.dataset.status.split(" ").filter((word) => word !== "waits");
      shot.card.dataset.status = [...status, ...(now.waits ? ["waits"] : [])].join(" ");
      const last = shot.said.at(-1);
      const line = one(".chosen", shot.card);
      line.hidden = !last;
      if (last && !line.firstChild) line.append(one("#said-mark").content.cloneNode(true));
      if (last) one("span", line).textContent = this.words(last);
    },
    state(take, now, before = "") {
      const kind = now.counts.get(take).kind;
      const words = [take.draft && "draft", take === now.used && "in use", kind === "select" && "chosen", kind === "reject" && "rejected"];
      const found = words.filter(Boolean).join(", ");
      return found ? before + found : "";
    },
    words(said) {
      return `${said.by || "Somebody"} ${WORDS[said.kind]}${said.kind === "again" ? "" : ` ${said.take}`}${said.note ? `: ${said.note}` : ""}`;
    },

    // What the next run would order because of it, at the price of each shot's last take: a page knows no board, and so
    // not how many takes its rows ask for.
    tally() {
      let [waiting, orders, finals, money, rejected] = [0, 0, 0, 0, 0];
      for (const shot of this.shots.values()) {
        const now = this.standing(shot);
        waiting += now.waits ? 1 : 0;
        orders += now.orders;
        finals += now.finals;
        money += now.orders * shot.takes.at(-1).quote;
        rejected += [...now.counts.values()].some(({ kind }) => kind === "reject") ? 1 : 0;
      }
      const chip = one('.chip[data-status="waits"] b');
      if (chip) chip.textContent = String(waiting);
      const many = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;
      const bought = [orders && `at least ${many(orders, "take")}, about $${money.toFixed(2)}`, finals && `${many(finals, "final")} at the plan's price`];
      const next = bought.filter(Boolean).join(", and ") || (rejected ? "nothing, unless a row asks for more takes than it has left" : "nothing");
      one("#tally-words").textContent = `${waiting ? `${many(waiting, "shot")} to be chosen. ` : ""}For what is chosen here the next run would order ${next}.`;
      if (this.served) this.plan(waiting ? `${many(waiting, "shot")} to be chosen. ` : "");
      one("#choose-next").hidden = !waiting;
      one("#save").hidden = !this.kept.length;
      one("#save").textContent = `Save ${many(this.kept.length, "choice")}`;
      one("#tally").hidden = false;
    },

    // By the plan itself, where the review was given the config of its runs.
    plan(before) {
      clearTimeout(this.planning);
      if (this.planless) return;
      this.planning = setTimeout(async () => {
        const turn = ++this.turns;
        const answer = await fetch("review/plan").catch(() => null);
        this.planless = answer?.status === 204;
        if (!answer || answer.status !== 200 || turn !== this.turns) return;
        const { shots, shown, errors } = await answer.json();
        if (errors) return;
        one("#tally-words").textContent = `${before}By its plan the next run would order ${shots ? `${shots} shot${shots === 1 ? "" : "s"}, $${shown}` : "nothing"}.`;
      }, THINKS);
    },

    // Full size.
    panes(card, link, pick) {
      const shot = card ? this.shots.get(card.dataset.key) : null;
      this.shot = shot ?? null;
      this.current = null;
      one("#compare").setAttribute("aria-pressed", "false");
      if (!shot) return [this.pane(link, null, true)];
      const alone = shot.takes.length === 1;
      const panes = shot.takes.map((take) => (take.pane = this.pane(take.link, take, alone)));
      const wanted = shot.takes.find((take) => take.n === Number(pick)) ?? this.standing(shot).used ?? shot.takes[0];
      this.turn(wanted);
      return panes;
    },
    pane(link, take, alone) {
      const pane = document.createElement("figure");
      pane.className = "pane";
      const screen = Object.assign(document.createElement("div"), { className: "screen" });
      const video = player(link, { controls: alone, loop: alone, muted: !alone, tabIndex: -1 });
      video.setAttribute("aria-label", take ? `Take ${take.n}` : "Clip");
      screen.append(video);
      pane.append(screen);
      if (!take) return pane;
      pane.tabIndex = -1;
      pane.setAttribute("aria-label", `Take ${take.n}`);
      pane.append(one("#take-bar").content.cloneNode(true));
      one(".name", pane).textContent = `Take ${take.n}`;
      one(".told", pane).textContent = take.told;
      one(".choose", pane).addEventListener("click", () => this.turn(take) || this.say("select"));
      one(".reject", pane).addEventListener("click", () => this.turn(take) || this.say("reject"));
      pane.addEventListener("pointerdown", () => this.turn(take));
      pane.addEventListener("focusin", () => this.turn(take));
      if (!alone) {
        video.addEventListener("ended", () => this.loop());
        video.addEventListener("timeupdate", () => this.sync());
      }
      return pane;
    },
    turn(take) {
      if (take === this.current) return;
      this.current = take;
      const many = this.shot.takes.length > 1;
      for (const each of this.shot.takes) {
        each.pane?.classList.toggle("turned", each === take && many);
        if (each.pane && many) one("video", each.pane).muted = each !== take;
      }
      this.compare(one("#compare").getAttribute("aria-pressed") === "true");
    },
    sync() {
      const [first] = [...box.videos].sort((a, b) => (b.duration || 0) - (a.duration || 0));
      if (!first) return;
      for (const video of box.videos) {
        const at = Math.min(first.currentTime, video.duration || 0);
        if (video !== first && Math.abs(video.currentTime - at) > DRIFT && !video.seeking) video.currentTime = at;
      }
      if (document.activeElement !== one("#seek")) one("#seek").value = String(Math.round((1000 * first.currentTime) / (first.duration || 1)));
    },
    seek() {
      const longest = Math.max(...box.videos.map((video) => video.duration || 0));
      for (const video of box.videos) video.currentTime = Math.min((Number(one("#seek").value) / 1000) * longest, video.duration || 0);
    },
    loop() {
      if (!box.videos.every((video) => video.ended)) return;
      for (const video of box.videos) video.currentTime = 0;
      box.play();
    },
    shown(card) {
      const shot = this.shot;
      one("#review").hidden = !shot;
      one("#transport").hidden = !shot || shot.takes.length < 2;
      one("#compare").hidden = !shot?.frame;
      one("#review-told").textContent = "";
      one("#note").value = "";
      if (shot) this.tell();
    },
    tell() {
      const now = this.standing(this.shot);
      for (const take of this.shot.takes) {
        if (!take.pane) continue;
        const kind = now.counts.get(take).kind;
        one(".state", take.pane).textContent = this.state(take, now);
        one(".choose", take.pane).setAttribute("aria-pressed", String(kind === "select" && take === now.chosen));
        one(".reject", take.pane).setAttribute("aria-pressed", String(kind === "reject"));
        take.pane.classList.toggle("out", kind === "reject");
      }
      one("#again").setAttribute("aria-pressed", String(now.wish));
      one("#box-said").replaceChildren(...this.shot.said.slice().reverse().map((said) => this.line(said)));
    },
    line(said) {
      const li = document.createElement("li");
      const time = Object.assign(document.createElement("time"), { dateTime: said.at, textContent: ` ${said.at.slice(0, 16).replace("T", " ")} UTC` });
      li.append(this.words(said), time);
      return li;
    },
    closed() {
      this.shot = this.current = null;
      one("#help").close();
    },
    compare(on) {
      for (const old of all(".reference", box.dialog)) old.remove();
      const frame = this.shot?.frame;
      one("#compare").setAttribute("aria-pressed", String(on && Boolean(frame)));
      one("#slide-row").hidden = !(on && frame);
      if (!on || !frame || !this.current?.pane) return;
      const image = Object.assign(new Image(), { src: frame, alt: "Reference picture", className: "reference" });
      one(".screen", this.current.pane).append(image);
      this.slide();
    },
    slide() {
      for (const image of all(".reference", box.dialog)) image.style.clipPath = `inset(0 ${100 - Number(one("#slide").value)}% 0 0)`;
    },

    // Saying it.
    async say(kind) {
      const { shot } = this;
      const take = kind === "again" ? (this.standing(shot).used ?? shot.takes.at(-1)) : this.current;
      const note = one("#note").value.trim();
      const by = one("#by").value.trim();
      const said = { key: shot.key, take: take.n, sha256: take.sha, verdict: kind, note, by, after: shot.after };
      const told = this.served ? await this.send(said) : "";
      if (!told) this.hear(shot, this.keep(shot, said));
      if (this.shot !== shot) return;
      one("#note").value = "";
      const here = this.served && told !== null ? "kept at the target" : "kept in this page: save it below";
      one("#review-told").textContent = `${WORDS[kind].replace(/^./, (letter) => letter.toUpperCase())}${kind === "again" ? "" : ` ${take.n}`}, ${here}.${told ? ` ${told}` : ""}`;
    },
    // The server's own words on a verdict that it kept; null where it could not be kept there.
    async send(said) {
      try {
        const answer = await fetch("review/verdicts", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(said) });
        const told = await answer.json();
        if (!answer.ok) throw new Error(told.errors.join("; "));
        const { verdict, ...rest } = told.verdict;
        this.hear(this.shots.get(said.key), { ...rest, kind: verdict });
        return told.told.join("; ") || " ";
      } catch (error) {
        one("#review-told").textContent = `Not kept at the target: ${error.message}`;
        return null;
      }
    },
    keep(shot, said) {
      const { verdict, ...rest } = said;
      const one = { ...rest, kind: verdict, n: 0, at: new Date().toISOString() };
      this.kept.push({ ...one, shot_id: shot.id });
      this.remember();
      return one;
    },
    hear(shot, said) {
      if (!shot || (said.n && shot.said.some((one) => one.n === said.n))) return;
      shot.said.push(said);
      shot.said.sort((a, b) => (a.n || Infinity) - (b.n || Infinity) || 0);
      this.paint(shot);
      this.tally();
      if (this.shot === shot) this.tell();
    },
    async ask() {
      const answer = await fetch("review/verdicts", { headers: this.tag ? { "if-none-match": this.tag } : {} }).catch(() => null);
      if (!answer?.ok) return;
      this.tag = answer.headers.get("etag") ?? "";
      for (const [key, listed] of Object.entries(await answer.json())) {
        for (const { verdict, ...rest } of listed) this.hear(this.shots.get(key), { ...rest, kind: verdict });
      }
    },

    // What is not at the target yet stays in this browser until it is saved and taken in.
    recall() {
      for (const told of this.remembered().kept ?? []) {
        if (!this.shots.has(told.key) || this.known(told)) continue;
        this.kept.push(told);
        this.shots.get(told.key).said.push(told);
      }
    },
    // A tab beside this one kept a choice, or this page's own came late over a reload.
    beside() {
      this.recall();
      for (const shot of this.shots.values()) this.paint(shot);
      this.tally();
      if (this.shot) this.tell();
    },
    remembered() {
      try {
        return JSON.parse(localStorage.getItem(this.place())) ?? {};
      } catch {
        return {};
      }
    },
    known(kept) {
      return this.shots.get(kept.key).said.some((one) => one.at === kept.at && one.take === kept.take && one.kind === kept.kind);
    },
    place() {
      return `storyreel ${location.pathname}`;
    },
    remember() {
      this.recall();
      try {
        localStorage.setItem(this.place(), JSON.stringify({ by: one("#by").value.trim(), kept: this.kept }));
      } catch {
        // a browser that keeps nothing: the choices last as long as the page
      }
    },
    save() {
      const columns = ["shot_id", "key", "take", "sha256", "kind", "note", "by", "at", "after"];
      const cell = (value) => {
        const text = typeof value === "string" && RUNS.test(value) ? `'${value}` : String(value);
        return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
      };
      const rows = this.kept.map((one) => columns.map((name) => cell(one[name])).join(","));
      const text = ["\ufeff" + columns.join(",").replace("kind", "verdict"), ...rows, ""].join("\n");
      const href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
      Object.assign(document.createElement("a"), { href, download: "choices.csv" }).click();
      setTimeout(() => URL.revokeObjectURL(href), 1000);
    },

    key(name) {
      if (name === "?") return this.help();
      if (!this.shot) return false;
      const takes = this.shot.takes;
      const acts = {
        c: () => this.say("select"),
        x: () => this.say("reject"),
        a: () => this.say("again"),
        n: () => one("#note").focus(),
        r: () => this.compare(one("#compare").getAttribute("aria-pressed") !== "true"),
        p: () => box.toggle(),
      };
      const take = /^[1-9]$/.test(name) ? takes[Number(name) - 1] : null;
      if (take) take.pane.focus();
      else if (Object.hasOwn(acts, name.toLowerCase())) acts[name.toLowerCase()]();
      else return false;
      return true;
    },
    help() {
      one("#help").showModal();
      return true;
    },
    next() {
      const card = [...this.shots.values()].find((shot) => this.standing(shot).waits)?.card;
      if (!card) return;
      const chip = one('.chip[data-status="waits"]');
      sheet.reset();
      if (chip) sheet.press(chip);
      box.enter(box.way(card));
    },
    listen() {
      one("#again").addEventListener("click", () => this.say("again"));
      one("#compare").addEventListener("click", () => this.key("r"));
      one("#play").addEventListener("click", () => box.toggle());
      one("#seek").addEventListener("input", () => this.seek());
      one("#slide").addEventListener("input", () => this.slide());
      one("#by").addEventListener("change", () => this.remember());
      one("#save").addEventListener("click", () => this.save());
      addEventListener("storage", (event) => event.key === this.place() && this.beside());
      one("#choose-next").addEventListener("click", () => this.next());
      one("#note").addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        (this.current?.pane ?? one(".close", box.dialog)).focus();
      });
      for (const button of all(".keys-shown")) button.addEventListener("click", () => this.help());
      one("#help button").addEventListener("click", () => one("#help").close());
      document.addEventListener("keydown", (event) => {
        if (event.key === "?" && !box.open() && !event.target.closest("input, textarea, select")) this.help();
      });
    },
  };
