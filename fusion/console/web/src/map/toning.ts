// A picture from elsewhere in the greys of a theme, so that nothing on it shouts and every label stays readable over it.
import { type Colour, colour, over } from "../contrast";
import type { Palette } from "../palette";

/** What white and black of a drawing become: white the ground, black an ink that is faint on it. */
export function tones(palette: Palette): { paper: Colour; ink: Colour } {
  const paper = colour(palette.ground);
  const [r, g, b] = colour(palette.control);
  return { paper, ink: over([r, g, b, INK], paper) };
}

const INK = 0.55;

/** Draw a picture anew: grey, white as the ground and black as ink; a photograph keeps its light and shade, between the two. */
export function toned(picture: CanvasImageSource, size: number, palette: Palette, photo: boolean): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
  const wash = (how: GlobalCompositeOperation, fill: string) => {
    pen.globalCompositeOperation = how;
    pen.fillStyle = fill;
    pen.fillRect(0, 0, size, size);
  };
  const { paper, ink } = tones(palette);
  const dark = paper[0] < 128;
  pen.fillStyle = "#fff"; // what lies under a picture that is not whole
  pen.fillRect(0, 0, size, size);
  pen.drawImage(picture, 0, 0, size, size);
  wash("saturation", "#808080");
  // From v between 0 and 1 to low + v (high - low): the darker of the two for black, but of a drawing on a dark ground, which is turned.
  if (dark && !photo) wash("difference", "#fff");
  const [low, high] = dark ? [paper, ink] : [ink, paper];
  wash("multiply", `rgb(${high.slice(0, 3).map((value, i) => Math.max(0, value - (low[i] ?? 0))).join(" ")})`);
  wash("lighter", `rgb(${low.slice(0, 3).join(" ")})`);
  return canvas;
}
