/* Recording from the microphone, as WAV: the server reads no WebM, which MediaRecorder would make. */
import { $ } from "./dom.js";
import { clock } from "./words.js";
import { encode, integers } from "./wav.js";

const LONGEST = 600; // seconds: some 60 MB at 48 kHz
const WANTED = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
const TROUBLE = {
  NotAllowedError:
    "The microphone is not allowed here: allow it in the browser's settings for this page, then record again.",
  NotFoundError: "No microphone was found: connect one, then record again.",
  NotReadableError: "The microphone cannot be opened: another program may be using it.",
};

/** Let the button record; `done` gets the finished sound, `failed` an Error. */
export function recorder({ started, done, failed }) {
  let stop = null;
  $("record").addEventListener("click", async () => {
    if (stop) return stop();
    $("record").disabled = true;
    try {
      stop = await start((sound) => {
        stop = null;
        show(false);
        done(sound);
      });
      show(true);
      started();
    } catch (error) {
      failed(new Error(TROUBLE[error.name] ?? error.message));
    } finally {
      $("record").disabled = false;
    }
  });
}

function show(recording) {
  $("recording").hidden = !recording;
  $("record").classList.toggle("recording", recording);
  $("record-label").textContent = recording ? "Stop" : "Record";
}

async function start(finished) {
  if (!navigator.mediaDevices) {
    throw new Error(
      "browsers lend the microphone only to pages over HTTPS or from this machine: choose a file instead",
    );
  }
  const stream = await navigator.mediaDevices.getUserMedia({ audio: WANTED });
  const context = new AudioContext();
  await context.audioWorklet.addModule(new URL("./recorder-worklet.js", import.meta.url));
  const node = new AudioWorkletNode(context, "recorder", { numberOfOutputs: 0 });
  context.createMediaStreamSource(stream).connect(node);
  const stop = () => node.port.postMessage("stop");
  const blocks = [];
  let frames = 0;
  node.port.onmessage = ({ data: { samples, last } }) => {
    blocks.push(integers(samples));
    frames += samples.length;
    $("recorded").textContent = clock(frames / context.sampleRate);
    $("level").value = samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
    if (!last) {
      if (frames > LONGEST * context.sampleRate) stop();
      return;
    }
    stream.getTracks().forEach((track) => track.stop());
    const blob = encode(blocks, context.sampleRate);
    context.close();
    finished({ blob, name: `recording-${stamp(new Date())}.wav` });
  };
  return stop;
}

/** 2026-03-09T14:05:09 -> "140509" */
const stamp = (now) =>
  [now.getHours(), now.getMinutes(), now.getSeconds()].map((n) => String(n).padStart(2, "0")).join("");
