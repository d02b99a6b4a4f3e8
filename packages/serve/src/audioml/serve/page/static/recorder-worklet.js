/* Runs beside the sound: hands on what the microphone heard, some 40 ms at a time. */
const BLOCK = 2048;

class Recorder extends AudioWorkletProcessor {
  constructor() {
    super();
    this.block = new Float32Array(BLOCK);
    this.filled = 0;
    this.running = true;
    this.port.onmessage = () => {
      this.running = false;
      this.port.postMessage({ samples: this.block.slice(0, this.filled), last: true });
    };
  }

  process([channels]) {
    const heard = channels[0];
    if (!this.running || !heard) return this.running;
    for (const sample of heard) {
      this.block[this.filled++] = sample;
      if (this.filled === BLOCK) {
        this.port.postMessage({ samples: this.block.slice() });
        this.filled = 0;
      }
    }
    return true;
  }
}

registerProcessor("recorder", Recorder);
