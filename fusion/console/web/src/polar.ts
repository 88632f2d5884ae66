// Slices of a circle as a path, north up and clockwise. Pure.

export type Slice = readonly [fromDeg: number, toDeg: number, radius: number];

const at = (azimuth: number, radius: number): string => {
  const angle = (azimuth * Math.PI) / 180;
  return `${(radius * Math.sin(angle)).toFixed(2)} ${(-radius * Math.cos(angle)).toFixed(2)}`;
};

/** The outline of slices; one of a whole turn is a circle, and one without a radius is nothing. */
export function polar(slices: readonly Slice[]): string {
  return slices
    .filter(([, , radius]) => radius > 0)
    .map(([from, to, radius]) => {
      const turn = to > from ? to - from : to - from + 360;
      const arc = (end: number, large: boolean) => `A${radius.toFixed(2)} ${radius.toFixed(2)} 0 ${large ? 1 : 0} 1 ${at(end, radius)}`;
      if (turn >= 360) return `M${at(from, radius)}${arc(from + 180, false)}${arc(from + 360, false)}Z`;
      return `M0 0L${at(from, radius)}${arc(from + turn, turn > 180)}Z`;
    })
    .join("");
}
