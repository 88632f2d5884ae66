// Every colour of the console, once. Style sheets get them as custom properties, the canvas reads them here, a test computes contrast.

export interface Palette {
  readonly ground: string;
  readonly panel: string;
  readonly raised: string;
  readonly line: string;
  readonly control: string; // rim of what can be pressed: 3:1 on its ground
  readonly text: string;
  readonly dim: string;
  readonly p1: string;
  readonly p2: string;
  readonly p3: string;
  readonly p1ground: string;
  readonly p2ground: string;
  readonly p3ground: string;
  readonly ok: string;
  readonly accent: string;
  readonly press: string; // the one button that matters
  readonly pressText: string;
  readonly friendly: string;
  readonly authorised: string;
  readonly unknown: string;
  readonly unauthorised: string;
  readonly water: string;
  readonly waterText: string;
  readonly park: string;
  readonly road: string;
  readonly place: string; // names of places
  readonly zone: string;
  readonly sensor: string;
  readonly plate: string; // behind a label
  readonly select: string; // rim of what is selected
  readonly selected: string; // ground of what is selected
}

const dark: Palette = {
  ground: "#0b1117", panel: "#10171f", raised: "#141c26", line: "#22303d", control: "#5d7185", text: "#d9e1e9", dim: "#9aabbc",
  p1: "#ff5d62", p2: "#f2a33a", p3: "#d9c964", p1ground: "#2a1519", p2ground: "#1d1913", p3ground: "#1a1a15",
  ok: "#6fb08a", accent: "#6db3e2", press: "#d9e6f2", pressText: "#10171f",
  friendly: "#6db3e2", authorised: "#7fc293", unknown: "#e3cb68", unauthorised: "#f58d91",
  water: "#15293d", waterText: "#85b4dd", park: "#12221d", road: "#1c2935", place: "#8fa1b3", zone: "#8ca0b8", sensor: "#93a9c2",
  plate: "#0d141bd9", select: "#f4f8fb", selected: "#1c2b3a",
};

const light: Palette = {
  ground: "#e9edf1", panel: "#ffffff", raised: "#f4f6f8", line: "#ccd5de", control: "#75828f", text: "#16202a", dim: "#495866",
  p1: "#b3141b", p2: "#8a4a00", p3: "#655500", p1ground: "#fdeceb", p2ground: "#fdf3e4", p3ground: "#faf6df",
  ok: "#1b6a42", accent: "#0f5c94", press: "#17324a", pressText: "#ffffff",
  friendly: "#0f5c94", authorised: "#22663a", unknown: "#655300", unauthorised: "#a3242a",
  water: "#c3d8ea", waterText: "#1f4a70", park: "#d5e5d3", road: "#d3dae1", place: "#46535f", zone: "#4a5d72", sensor: "#3c5064",
  plate: "#fffffff0", select: "#0b1117", selected: "#dfeaf4",
};

export const PALETTES = { dark, light } as const;
export type Theme = keyof typeof PALETTES;
