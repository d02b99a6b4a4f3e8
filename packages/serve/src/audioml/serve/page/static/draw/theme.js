/* Colours of the drawings, taken from the style sheet, anew when the system turns light or dark. */

const dark = matchMedia("(prefers-color-scheme: dark)");
const NAMES = ["ink", "soft", "line", "faint", "panel", "accent", "wave", "core", "head"];
let colours = null;

dark.addEventListener("change", () => (colours = null));

export function theme() {
  if (!colours) {
    const style = getComputedStyle(document.documentElement);
    colours = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    colours.dark = dark.matches;
    colours.font = getComputedStyle(document.body).fontFamily;
    colours.scale = scale(dark.matches);
  }
  return colours;
}

/** Run `redraw` when the colours change. */
export const onTheme = (redraw, signal) => dark.addEventListener("change", redraw, { signal });

/* From the ground of the page to what stands out most; lightness goes one way all along. */
const LIGHT = [
  [250, 249, 246],
  [247, 216, 186],
  [233, 148, 122],
  [186, 82, 120],
  [106, 52, 142],
  [33, 24, 84],
];
const DARK = [
  [24, 25, 31],
  [52, 37, 104],
  [118, 52, 132],
  [201, 84, 111],
  [243, 156, 98],
  [253, 240, 190],
];

/** 256 colours as [r, g, b]. */
function scale(isDark) {
  const stops = isDark ? DARK : LIGHT;
  return Array.from({ length: 256 }, (_, i) => {
    const at = (i / 255) * (stops.length - 1);
    const [left, part] = [
      Math.min(Math.floor(at), stops.length - 2),
      at - Math.min(Math.floor(at), stops.length - 2),
    ];
    return stops[left].map((value, channel) => Math.round(value + (stops[left + 1][channel] - value) * part));
  });
}

/** A calm colour for the ground of a label; `hue` in degrees, `strength` from 0 to 1. */
export function ground(hue, { strength = 1, deep = 0 } = {}) {
  const [light, chroma] = dark.matches ? [47 - 7 * deep, 0.09] : [87 - 8 * deep, 0.085];
  return `oklch(${light}% ${chroma * strength} ${hue})`;
}
