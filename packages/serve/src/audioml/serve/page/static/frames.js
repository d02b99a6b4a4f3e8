/* Frames of a document as numbers in one array, with what a drawing asks of them. */
import { figure } from "./words.js";

const SAMPLED = 20000; // values looked at for the range: more would not move it

export class Frames {
  constructor(entry) {
    this.rows = entry.values.length;
    const row = (values) => (Array.isArray(values) ? values.flat(Infinity) : [values]);
    this.columns = this.rows ? row(entry.values[0]).length : (entry.shape?.at(-1) ?? 0);
    this.values = new Float64Array(this.rows * this.columns);
    entry.values.forEach((values, i) => this.put(row(values), i * this.columns));
    this.hop = entry.hop;
    this.start = entry.start ?? 0;
    this.labels = entry.labels ?? [];
  }

  /** What is null in JSON was no finite number. */
  put(row, from) {
    this.values.set(row, from);
    for (let at = row.indexOf(null); at >= 0; at = row.indexOf(null, at + 1)) this.values[from + at] = NaN;
  }

  get end() {
    return this.time(this.rows);
  }

  at(row, column) {
    return this.values[row * this.columns + column];
  }

  time(row) {
    return this.start + row * this.hop;
  }

  /** The row at a time, or the nearest. */
  row(time) {
    return Math.min(Math.max(Math.floor((time - this.start) / this.hop + 1e-6), 0), this.rows - 1);
  }

  label(column) {
    return this.labels[column] ?? `dimension ${column}`;
  }

  /** [low, high] for colours: few outliers do not wash out the rest; shares begin at 0. */
  get range() {
    const every = Math.max(1, Math.floor(this.values.length / SAMPLED));
    const sample = this.values.filter((value, i) => i % every === 0 && Number.isFinite(value)).sort();
    if (!sample.length) return [0, 1];
    const [least, most] = this.extremes;
    const high = this.labels.length ? most : sample[Math.floor((sample.length - 1) * 0.998)];
    const low = least >= 0 && least < high / 2 ? 0 : sample[Math.floor((sample.length - 1) * 0.002)];
    return low < high ? [low, high] : [low, low + 1];
  }

  get extremes() {
    return (this.bounds ??= this.bound());
  }

  bound() {
    let [least, most] = [Infinity, -Infinity];
    for (const value of this.values) {
      if (value < least) least = value;
      if (value > most) most = value;
    }
    return [least, most];
  }

  /** [{column, label, mean, peak, when}] over all rows. */
  summaries() {
    return Array.from({ length: this.columns }, (_, column) => {
      let [total, counted, peak, best] = [0, 0, -Infinity, 0];
      for (let row = 0; row < this.rows; row++) {
        const value = this.at(row, column);
        if (!Number.isFinite(value)) continue;
        total += value;
        counted += 1;
        if (value > peak) [peak, best] = [value, row];
      }
      return {
        column,
        label: this.label(column),
        mean: counted ? total / counted : NaN,
        peak: counted ? peak : NaN,
        when: this.time(best),
      };
    });
  }

  told() {
    const [least, most] = this.rows ? this.extremes : [NaN, NaN];
    const rows = `${this.rows.toLocaleString("en")} ${this.rows === 1 ? "frame" : "frames"}`;
    const columns =
      this.columns === 1 ? "one number" : `${this.columns} ${this.labels.length ? "labels" : "numbers"}`;
    return `${rows} of ${columns}, one every ${figure(this.hop)} s, between ${figure(least)} and ${figure(most)}`;
  }
}
