/* The outline of a sound, where the browser can decode it. */

const RATE = 8000; // Hz: enough for an outline, and an hour takes 115 MB a channel, not 690
const LARGEST = 250e6; // bytes of a file: beyond, a tab could run out of memory

/** {duration, step, low, high}: extremes of every `step` seconds; null where it cannot be decoded. */
export async function outline(blob) {
  if (blob.size > LARGEST) return null;
  let decoded;
  try {
    decoded = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(await blob.arrayBuffer());
  } catch {
    return null;
  }
  const every = decoded.duration > 60 ? 64 : 8;
  const buckets = Math.ceil(decoded.length / every);
  const [low, high] = [new Float32Array(buckets), new Float32Array(buckets)];
  for (let channel = 0; channel < decoded.numberOfChannels; channel++) {
    extremes(decoded.getChannelData(channel), every, low, high);
  }
  return { duration: decoded.duration, step: every / RATE, low, high };
}

function extremes(samples, every, low, high) {
  for (let i = 0, bucket = 0; i < samples.length; bucket++) {
    let [least, most] = [low[bucket], high[bucket]];
    for (const end = Math.min(i + every, samples.length); i < end; i++) {
      if (samples[i] < least) least = samples[i];
      else if (samples[i] > most) most = samples[i];
    }
    low[bucket] = least;
    high[bucket] = most;
  }
}
