// The bar that plays frames: play, pause, single frames, seek, speed, loop, by pointer, touch and keys.
"use strict";

function transport(host, onshow) {
  const { made } = kit;
  // Steps a second where the frames have no time of their own.
  const STEPS_A_SECOND = 100;
  const SPEEDS = [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16];
  const WORDS = ["¹⁄₁₆", "⅛", "¼", "½", "1", "2", "4", "8", "16"];
  // A playing that takes about so long is neither missed nor tiring, s.
  const USUAL = 5;
  // Between the end and the next beginning, s.
  const REST = 0.6;

  const play = made("button", { id: "play", className: "play", type: "button", title: "play or pause (space)" });
  const back = made("button", { id: "back", type: "button", textContent: "−1", title: "one frame back (left arrow)", ariaLabel: "one frame back" });
  const forward = made("button", { id: "forward", type: "button", textContent: "+1", title: "one frame forward (right arrow)", ariaLabel: "one frame forward" });
  const seek = made("input", { id: "frame", type: "range", min: 0, ariaLabel: "frame" });
  const time = made("span", { id: "time", className: "time" });
  const speed = made("select", { id: "speed", ariaLabel: "speed" });
  const loop = made("input", { id: "loop", type: "checkbox" });
  host.classList.add("transport");
  host.setAttribute("role", "region");
  host.setAttribute("aria-label", "player");
  host.append(play, back, seek, forward, time, speed, made("label", {}, [loop, "loop"]));

  let steps = [0];
  let seconds = [0];
  let texts = [""];
  let most = 60;
  let shown = 0;
  let step = 0;
  let playing = false;
  let since = { clock: 0, at: 0 };
  let drawn = 0;

  const last = () => steps.length - 1;

  // Frames to play: their steps, their times in s (none where runs differ), their texts, and how many a second at most.
  function load(course) {
    ({ steps } = course);
    seconds = course.seconds ?? steps.map((one) => one / STEPS_A_SECOND);
    texts = course.texts ?? steps.map((one, frame) => (course.seconds ? `${Number(seconds[frame].toPrecision(4))} s, step ${one}` : `step ${one}`));
    most = course.rate ?? 60;
    seek.max = last();
    const unit = course.seconds ? (word) => `${word} ×` : (word, value) => `${Number((value * STEPS_A_SECOND).toPrecision(3))} steps/s`;
    speed.replaceChildren(...SPEEDS.map((value, index) => made("option", { value, textContent: unit(WORDS[index], value) })));
    speed.title = course.seconds ? "1 × plays a second of the field in a second" : "speed";
    const length = seconds[last()] || USUAL;
    const best = SPEEDS.reduce((one, other) => (Math.abs(Math.log(length / other / USUAL)) < Math.abs(Math.log(length / one / USUAL)) ? other : one));
    speed.value = best;
  }

  // The step that was asked for stays, also where a thinned view shows the frame before it.
  function show(frame, asked) {
    shown = Math.max(0, Math.min(last(), frame));
    step = asked ?? steps[shown];
    seek.value = shown;
    time.textContent = texts[shown];
    if (!playing) seek.setAttribute("aria-valuetext", texts[shown]);
    return onshow(shown, step, playing);
  }

  function startFrom(frame) {
    since = { clock: performance.now(), at: frame === 0 ? 0 : seconds[frame] };
  }

  function setPlaying(wanted) {
    if (wanted === playing) return;
    playing = wanted;
    play.textContent = wanted ? "Pause" : "Play";
    if (wanted) {
      startFrom(shown === last() ? 0 : shown);
      requestAnimationFrame(tick);
    } else show(shown, step);
  }

  // The clock decides which frame is due, so a slow machine drops frames but keeps the time.
  async function tick() {
    if (!playing) return;
    try {
      await playOn();
    } catch (error) {
      setPlaying(false);
      throw error;
    }
    if (playing) requestAnimationFrame(tick);
  }

  async function playOn() {
    const now = performance.now();
    if (now - drawn < 1000 / most - 4) return;
    drawn = now;
    const at = since.at + ((now - since.clock) / 1000) * Number(speed.value);
    const due = kit.frameAt(seconds, at);
    if (at >= seconds[last()] && !loop.checked) {
      await show(last());
      setPlaying(false);
      return;
    }
    // It rests at its end before it begins again.
    if (at >= seconds[last()] + REST * Number(speed.value)) startFrom(0);
    if (due !== shown) await show(due);
  }

  function stepBy(count) {
    setPlaying(false);
    return show(shown + count);
  }

  function goTo(asked) {
    setPlaying(false);
    return show(kit.frameAt(steps, asked), asked);
  }

  const actions = {
    " ": () => setPlaying(!playing),
    ArrowLeft: () => stepBy(-1),
    ArrowRight: () => stepBy(1),
    Home: () => stepBy(-last()),
    End: () => stepBy(last()),
  };

  // Whether a key means something to the bar; a page within this one hands its keys on.
  function key(name) {
    if (!(name in actions)) return false;
    actions[name]();
    return true;
  }

  play.textContent = "Play";
  play.addEventListener("click", () => setPlaying(!playing));
  back.addEventListener("click", () => stepBy(-1));
  forward.addEventListener("click", () => stepBy(1));
  seek.addEventListener("input", () => { setPlaying(false); show(Number(seek.value)); });
  speed.addEventListener("change", () => startFrom(shown));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    const { target } = event;
    const typed = target.matches("select, textarea, input:not([type=range]):not([type=checkbox]), [role=tab]");
    if (typed || (event.key === " " && target.matches("button, a, summary, [type=checkbox]"))) return;
    if ((event.key === "Home" || event.key === "End") && !host.contains(target) && target !== document.body) return;
    // A table that is wider than its place scrolls by these keys.
    if (target.matches(".table")) return;
    if (key(event.key)) event.preventDefault();
  });

  return {
    load, show, goTo, key, play: setPlaying, loop,
    step: () => step, frame: () => shown, frames: () => steps.length, playing: () => playing, steps: () => steps,
  };
}
