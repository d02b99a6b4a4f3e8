/* WAV files: written from what a microphone heard, mended where a stream could not know its length. */

/** 16-bit mono WAV from blocks of Int16Array. */
export function encode(blocks, rate) {
  const bytes = blocks.reduce((total, block) => total + block.byteLength, 0);
  const head = new DataView(new ArrayBuffer(44));
  text(head, 0, "RIFF");
  head.setUint32(4, 36 + bytes, true);
  text(head, 8, "WAVEfmt ");
  head.setUint32(16, 16, true);
  head.setUint16(20, 1, true); // integer PCM
  head.setUint16(22, 1, true);
  head.setUint32(24, rate, true);
  head.setUint32(28, rate * 2, true);
  head.setUint16(32, 2, true);
  head.setUint16(34, 16, true);
  text(head, 36, "data");
  head.setUint32(40, bytes, true);
  return new Blob([head, ...blocks], { type: "audio/wav" });
}

function text(view, at, characters) {
  [...characters].forEach((character, i) => view.setUint8(at + i, character.charCodeAt(0)));
}

/** Samples in [-1, 1] as 16-bit integers. */
export function integers(samples) {
  return Int16Array.from(samples, (sample) => Math.max(-32768, Math.min(32767, Math.round(sample * 32767))));
}

/** Set the lengths in the header of a WAV that was streamed to those of the bytes that came. */
export function mend(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const id = (at) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 44 || id(0) !== "RIFF") return bytes;
  view.setUint32(4, bytes.length - 8, true);
  for (let at = 12; at + 8 <= bytes.length;) {
    const length = view.getUint32(at + 4, true);
    if (id(at) === "data") {
      view.setUint32(at + 4, Math.min(length || Infinity, bytes.length - at - 8), true);
      return bytes;
    }
    at += 8 + length + (length % 2);
  }
  return bytes;
}
