(() => {
  const root = document.documentElement;
  const get = (id) => document.getElementById(id);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const stage = get("stage"), scroll = get("scroll"), track = get("track"), axis = get("axis");
  const overview = get("overview"), sight = get("window"), audio = get("sound");
  const duration = Number(stage.dataset.duration);
  const strips = all(".strip").map((strip) => [...strip.children]);
  const followers = all(".playhead, .played");
  const leading = strips[0] ?? [], rows = all("tbody tr");
  const clamp = (x, low, high) => Math.min(Math.max(x, low), high);
  let now = 0, following = true, width = track.offsetWidth;

  // time
  const clock = (seconds) => {
    const tenths = Math.round(seconds * 10), minutes = Math.floor(tenths / 600);
    const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
    const hours = Math.floor(minutes / 60);
    return hours ? `${hours}:${String(minutes % 60).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
  };
  const times = (segment) => [Number(segment.dataset.start), Number(segment.dataset.end)];
  const indexAt = (segments, time) => segments.findLastIndex((s) => times(s)[0] <= time + 1e-3);
  const segmentAt = (segments, time) => {
    const found = segments[indexAt(segments, time)];
    return found && time < times(found)[1] ? found : undefined;
  };

  const rolls = all(".lane.roll").map((lane, i) => pianoRoll(lane, all(".name.roll")[i], duration, clock));
  const show = () => {
    followers.forEach((f) => f.style.setProperty("--now", `${(now / duration) * 100}%`));
    get("now").textContent = clock(now);
    overview.setAttribute("aria-valuenow", now.toFixed(1));
    strips.forEach(mark);
    rolls.forEach((light) => light(now));
    describe(segmentAt(leading, now));
  };

  const mark = (segments) => {
    const current = segmentAt(segments, now);
    const before = segments.find((s) => s.hasAttribute("aria-current"));
    if (current === before) return;
    before?.removeAttribute("aria-current");
    current?.setAttribute("aria-current", "true");
    if (current && !segments.includes(document.activeElement)) stop(segments, current);
  };
  const stop = (segments, one) => segments.forEach((s) => { s.tabIndex = s === one ? 0 : -1; });

  let described;
  const describe = (segment) => {
    const coming = leading[indexAt(leading, now) + 1], next = get("next");
    next.textContent = "";
    if (coming) {
      const name = document.createElement("b");
      name.textContent = coming.textContent;
      next.append("then ", name, ` in ${(times(coming)[0] - now).toFixed(1)} s`);
    }
    if (segment === described) return;
    described = segment;
    const [symbol, name] = get("current").children;
    symbol.textContent = segment?.textContent ?? "";
    symbol.style.cssText = segment ? toneOf(segment) : "";
    name.textContent = segment?.dataset.name ?? "";
    const index = leading.indexOf(segment);
    overview.setAttribute("aria-valuetext", `${clock(now)} ${name.textContent}`);
    rows.forEach((row, i) => row.toggleAttribute("aria-current", i === index));
    const row = rows[index], box = row?.closest(".rows");
    if (row && now) box.scrollTop = rows[index - 3]?.offsetTop - rows[0].offsetTop || 0;
  };
  const toneOf = (segment) =>
    ["--h", "--c", "--m"].map((n) => `${n}:${segment.style.getPropertyValue(n) || 0}`).join(";");

  // sound
  const playing = () => Boolean(audio) && !audio.paused;
  const seek = (time) => {
    now = clamp(time, 0, duration);
    if (audio) audio.currentTime = now;
    follow(true);
    show();
    reveal();
  };
  const toggle = () => {
    if (!audio) return;
    if (audio.paused) { follow(true); audio.play(); } else audio.pause();
  };
  const tick = () => {
    if (!playing()) return;
    now = clamp(audio.currentTime, 0, duration);
    show();
    if (following) keepInView();
    requestAnimationFrame(tick);
  };
  const state = () => {
    root.classList.toggle("playing", playing());
    get("play").setAttribute("aria-label", playing() ? "Pause" : "Play");
    tick();
  };

  // view
  const follow = (on) => {
    following = on;
    get("follow").setAttribute("aria-pressed", String(on));
  };
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const keepInView = () => {
    const x = (now / duration) * width - scroll.scrollLeft;
    if (calm.matches) { if (x < 0 || x > scroll.clientWidth) reveal(); return; }
    scroll.scrollLeft += x - scroll.clientWidth * 0.35;
  };
  const reveal = () => {
    const x = (now / duration) * width, left = scroll.scrollLeft;
    if (x < left + 20 || x > left + scroll.clientWidth - 20) scroll.scrollLeft = x - scroll.clientWidth * 0.35;
  };
  const look = () => {
    sight.style.left = `${(scroll.scrollLeft / width) * 100}%`;
    sight.style.width = `${Math.min(scroll.clientWidth / width, 1) * 100}%`;
    sight.hidden = scroll.clientWidth >= width - 1;
  };
  const zoom = (wanted, anchor = now) => {
    const offset = (anchor / duration) * width - scroll.scrollLeft;
    track.style.setProperty("--width", `${clamp(wanted, scroll.clientWidth, Math.min(duration * 400, 200000))}px`);
    width = track.offsetWidth;
    const inside = clamp(offset, 0, scroll.clientWidth);
    scroll.scrollLeft = (anchor / duration) * width - inside;
    const room = [1, 5, 10, 30, 60, 300, 600].find((s) => (s * width) / duration >= 64) ?? 600;
    axis.dataset.step = room;
    look();
  };
  const dark = () => root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  const theme = () => { root.dataset.theme = dark() ? "light" : "dark"; };

  // hands: press or drag seeks; a segment seeks to its start
  const timeOf = (event, box) => {
    const { left, width: wide } = box.getBoundingClientRect();
    return ((event.clientX - left) / wide) * duration;
  };
  const draggable = (box) => {
    box.addEventListener("pointerdown", (event) => {
      const scrolls = box === track && event.pointerType === "touch"; // a finger pans
      if (event.button || scrolls || event.target.closest(".seg")) return;
      event.preventDefault();
      box.setPointerCapture(event.pointerId);
      seek(timeOf(event, box));
    });
    box.addEventListener("pointermove", (event) => {
      if (box.hasPointerCapture(event.pointerId)) seek(timeOf(event, box));
    });
    box.addEventListener("click", (event) => {
      if (event.pointerType === "touch" && !event.target.closest(".seg")) seek(timeOf(event, box));
    });
  };
  const step = (segments, by) => {
    if (!segments.length) return seek(now + by * 5);
    const at = indexAt(segments, now);
    const again = by < 0 && at >= 0 && now > times(segments[at])[0] + 0.8; // first back to its start
    const to = segments[clamp(again ? at : at + by, 0, segments.length - 1)];
    const focused = segments.includes(document.activeElement);
    if (focused) { stop(segments, to); to.focus({ preventScroll: true }); }
    seek(times(to)[0]);
  };

  const keys = {
    ArrowLeft: (event, own) => (event.shiftKey || own ? step(own ?? leading, -1) : seek(now - 5)),
    ArrowRight: (event, own) => (event.shiftKey || own ? step(own ?? leading, 1) : seek(now + 5)),
    Home: () => seek(0),
    End: () => seek(duration),
    "+": () => zoom(width * 1.5),
    "=": () => zoom(width * 1.5),
    "-": () => zoom(width / 1.5),
    0: () => zoom(0),
    f: () => get("follow").click(),
    t: theme,
  };
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const control = event.target.closest("button, audio");
    if (event.key === " " && !control) { event.preventDefault(); toggle(); return; }
    const key = keys[event.key];
    if (!key || event.target.closest("audio")) return;
    if (event.target.closest(".rows") && ["Home", "End"].includes(event.key)) return;
    event.preventDefault();
    key(event, strips.find((segments) => segments.includes(event.target)));
  });

  // a mouse leaves no focus behind, so that the space bar goes on playing and pausing
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button && event.detail) button.blur();
  });
  strips.flat().forEach((s) => s.addEventListener("click", () => seek(times(s)[0])));
  rows.forEach((row) => row.addEventListener("click", () => seek(Number(row.dataset.start))));
  [track, overview].forEach(draggable);
  scroll.addEventListener("scroll", look, { passive: true });
  scroll.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) { if (event.deltaX || event.shiftKey) follow(false); return; }
    event.preventDefault();
    zoom(width * Math.exp(-event.deltaY / 200), timeOf(event, track));
  }, { passive: false });
  scroll.addEventListener("touchmove", () => follow(false), { passive: true });
  scroll.addEventListener("pointerdown", (event) => { if (event.target === scroll) follow(false); });
  get("in").addEventListener("click", () => zoom(width * 1.5));
  get("out").addEventListener("click", () => zoom(width / 1.5));
  get("fit").addEventListener("click", () => zoom(0));
  get("follow").addEventListener("click", () => { follow(!following); if (following) reveal(); });
  get("theme").addEventListener("click", theme);
  get("play").addEventListener("click", toggle);
  new ResizeObserver(() => { width = track.offsetWidth; look(); }).observe(scroll);

  root.classList.add("js");
  root.classList.toggle("mute", !audio);
  ["play", "pause", "ended"].forEach((name) => audio?.addEventListener(name, state));
  audio?.addEventListener("error", () => {
    document.querySelector(".silent").textContent = "This browser cannot play the recording.";
    root.classList.add("mute");
  });
  look();
  show();
})();
