/* Choosing a file: by the field, or dropped anywhere on the page. */
import { $ } from "./dom.js";
import { size } from "./words.js";

/** `chosen` gets the sound; `failed` an Error where what was dropped is no file. */
export function uploader({ chosen, failed }) {
  const take = (files) => {
    if (!files.length) return failed(new Error("what was dropped is no file: drop a sound file"));
    chosen({ blob: files[0], name: files[0].name || "sound" }, files.length - 1);
  };
  $("file").addEventListener("change", () => $("file").files.length && take($("file").files));
  const lit = (on) => $("drop").classList.toggle("over", on);
  addEventListener("dragover", (event) => {
    event.preventDefault();
    lit(true);
  });
  addEventListener("dragleave", (event) => event.relatedTarget === null && lit(false));
  addEventListener("drop", (event) => {
    event.preventDefault();
    lit(false);
    take(event.dataTransfer.files);
  });
}

/** Tell which sound is chosen. */
export function tell(sound) {
  $("drop").classList.add("filled");
  $("file-name").textContent = sound.name;
  $("file-about").textContent = `${size(sound.blob.size)} · choose or drop another`;
  $("file").value = ""; // so that the same file can be chosen again after it was changed
}
