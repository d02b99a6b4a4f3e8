/* Times, sizes and numbers as people read them. */

/** 62.44 -> "1:02.4" */
export function clock(seconds, digits = 1) {
  const ticks = Math.round(Math.abs(seconds) * 10 ** digits);
  const whole = Math.floor(ticks / 10 ** digits);
  const rest = digits ? `.${String(ticks % 10 ** digits).padStart(digits, "0")}` : "";
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const head = hours ? `${hours}:${String(minutes).padStart(2, "0")}` : `${minutes}`;
  return `${seconds < 0 && ticks ? "−" : ""}${head}:${String(whole % 60).padStart(2, "0")}${rest}`;
}

/** 62.44 -> "1 minute 2.4 seconds" */
export function spoken(seconds) {
  const [minutes, rest] = [Math.floor(seconds / 60), Math.round((seconds % 60) * 10) / 10];
  const head = minutes ? `${count(minutes, "minute")} ` : "";
  return `${head}${rest} ${rest === 1 ? "second" : "seconds"}`;
}

export const count = (n, what, many = `${what}s`) => `${n.toLocaleString("en")} ${n === 1 ? what : many}`;

export function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB"];
  let unit = 0;
  let value = bytes;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit ? value.toFixed(value < 10 ? 1 : 0) : value} ${units[unit]}`;
}

/** Four digits are as many as anybody compares by eye; `digits` may be fewer. */
export function figure(value, digits = 4) {
  if (typeof value !== "number") return value === null || value === undefined ? "–" : String(value);
  if (!Number.isFinite(value)) return "–";
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value).replace("-", "−");
  const small = Math.abs(value) < 1e-4 || Math.abs(value) >= 1e6;
  return (small ? value.toExponential(2) : String(Number(value.toPrecision(digits)))).replace("-", "−");
}

/** Text as one sentence: a capital before it, a stop after it. */
export function sentence(text) {
  const line = String(text).replace(/\s+/g, " ").trim();
  if (!line) return "";
  return line[0].toUpperCase() + line.slice(1) + (/[.!?…]$/.test(line) ? "" : ".");
}

export const stem = (name) => name.replace(/\.[^.]{1,5}$/, "") || name;
