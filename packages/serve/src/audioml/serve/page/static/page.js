/* The page: what is chosen, and what happens when. */
import { $ } from "./dom.js";
import * as api from "./api.js";
import * as downloads from "./downloads.js";
import * as list from "./models.js";
import * as options from "./options.js";
import * as problems from "./problems.js";
import * as recipe from "./recipe.js";
import { recorder } from "./record.js";
import * as result from "./result.js";
import { shortcuts } from "./stage.js";
import * as upload from "./upload.js";
import { mend } from "./wav.js";
import { figure, size } from "./words.js";
import { cancel, progress, run, status } from "./work.js";

let models = [];
let sound = null; // {blob, name}

const model = () => models.find(({ name }) => name === $("model").value);
const makes = () => model()?.kind === "generator";
const form = () => $("options");

function changed() {
  if (!model()) return;
  const file = sound?.name ?? "sound.wav";
  recipe.tell({ model: model(), file, options: options.values(form(), model(), { changed: !makes() }) });
}

function chose() {
  list.tell(model());
  options.fill(form(), model());
  $("go").textContent = makes() ? "Generate" : "Analyse";
  $("sound").hidden = makes();
  changed();
}

function load() {
  return run(async () => {
    status("Asking the server for its models …");
    models = await api.models();
    list.list(models);
    status("");
    if (models.length) chose();
    else
      throw new Error("this server has no models: its administrator can add some with `audioml models pull`");
  }, load);
}

async function take(taken, more = 0) {
  sound = taken;
  problems.clear();
  upload.tell(sound);
  changed();
  status(more ? "One file at a time: the first is chosen." : `${sound.name} is chosen.`);
  await result.showSound(sound, sound.name);
}

async function analyse(signal) {
  const asked = { model: model().name, sound, query: options.values(form(), model()) };
  const began = performance.now();
  changed(); // a key may have been given since
  status("Uploading …");
  progress(0);
  const json = await api.predict({
    ...asked,
    signal,
    progress: (share) => {
      progress(share);
      if (share >= 1) status("The model is listening …");
    },
  });
  const entries = await result.showDocument(api.read(await json.text()), asked.sound, asked.model);
  downloads.offer(asked, entries, json);
  status(
    `Done in ${figure(Math.round(performance.now() - began) / 1000)} s: ${entries.map(([name]) => name).join(", ") || "nothing found"}.`,
  );
  result.reveal();
}

async function generate(signal) {
  const { name } = model();
  const body = options.values(form(), model(), { changed: false });
  changed();
  status("The model is making a sound …");
  const heard = (bytes) => status(`The model is making a sound … ${size(bytes)}`);
  const bytes = mend(await api.generate({ model: name, body, signal, progress: heard }));
  const made = { blob: new Blob([bytes], { type: "audio/wav" }), name: `${name}.wav` };
  await result.showSound(made, `A sound by ${name}`, body.seconds);
  downloads.offerSound(made.blob, made.name);
  status("Done: the sound can be played.");
  result.reveal();
}

function go() {
  if (!models.length) return load();
  if (!makes() && !sound) {
    status("");
    problems.show(new Error("choose or record a sound first"));
    return $("file").focus();
  }
  if (!form().reportValidity()) return undefined;
  return run(makes() ? generate : analyse, go);
}

const failed = (error) => problems.show(error);

$("go").addEventListener("click", go);
$("cancel").addEventListener("click", cancel);
addEventListener("keydown", (event) => event.key === "Escape" && cancel());
form().addEventListener("input", changed);
form().addEventListener("submit", (event) => {
  event.preventDefault();
  go();
});
$("model").addEventListener("change", () => {
  history.replaceState(null, "", `#${encodeURIComponent($("model").value)}`);
  problems.clear();
  chose();
});
upload.uploader({ chosen: take, failed });
recorder({ started: () => status("Recording …"), done: take, failed });
shortcuts(result.current);
load();
