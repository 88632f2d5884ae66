// The theme: the palette as custom properties of the page, and for the canvas.
import { computed, signal } from "@preact/signals";
import { PALETTES, type Theme } from "./palette";

function remembered(): Theme {
  const kept = localStorage.getItem("vigie.theme");
  return kept === "light" || kept === "dark" ? kept : "dark";
}

export const theme = signal<Theme>(remembered());
export const palette = computed(() => PALETTES[theme.value]);

export function wear(chosen: Theme): void {
  theme.value = chosen;
  localStorage.setItem("vigie.theme", chosen);
  const root = document.documentElement;
  root.dataset["theme"] = chosen;
  root.style.colorScheme = chosen;
  for (const [name, value] of Object.entries(PALETTES[chosen])) root.style.setProperty(`--${name}`, value);
}
