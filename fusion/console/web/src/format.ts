// Numbers, ages and times as people read them; pure but for the language, which is a signal.
import { signal } from "@preact/signals";
import { language } from "./i18n";

export type Zone = "utc" | "local";
/** Which clock times are told by. */
export const timeZone = signal<Zone>(
  typeof localStorage !== "undefined" && localStorage.getItem("vigie.time") === "local" ? "local" : "utc",
);

/** Less than nothing by less than what is shown: that is nothing. */
const NOTHING = /^-0(?:[.,]0+)?$/;

const locale = () => (language.value === "fr" ? "fr-FR" : "en-GB");
const formats = new Map<string, Intl.NumberFormat>();

export function number(value: number | null | undefined, digits = 0): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "—";
  const key = `${language.value}${digits}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
    formats.set(key, format);
  }
  const text = format.format(value);
  return NOTHING.test(text) ? text.slice(1) : text.replace("-", "−");
}

export function signed(value: number | null | undefined, digits = 1): string {
  const text = number(value, digits);
  return value && value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

/** `084`: a course in three digits. */
export function course(degrees: number | null): string {
  if (degrees === null) return "—";
  return String(Math.round(degrees) % 360).padStart(3, "0");
}

/** `0:12`, `12:05`, `1:02:03`. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function clock(kind: "time" | "minute" | "full", zone: Zone): Intl.DateTimeFormat {
  const key = kind + zone;
  let format = clocks.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", {
      ...(kind === "full" ? { year: "numeric", month: "2-digit", day: "2-digit" } : {}),
      hour: "2-digit",
      minute: "2-digit",
      ...(kind === "minute" ? {} : { second: "2-digit" }),
      hourCycle: "h23",
      ...(zone === "utc" ? { timeZone: "UTC" } : {}),
    });
    clocks.set(key, format);
  }
  return format;
}

export function timeOf(when: number | string | Date, kind: "time" | "minute" | "full" = "time", zone: Zone = timeZone.value): string {
  const date = when instanceof Date ? when : new Date(when);
  if (Number.isNaN(date.getTime())) return "—";
  if (kind !== "full") return clock(kind, zone).format(date);
  const parts = Object.fromEntries(clock("full", zone).formatToParts(date).map(({ type, value }) => [type, value]));
  return `${parts["year"]}-${parts["month"]}-${parts["day"]} ${parts["hour"]}:${parts["minute"]}:${parts["second"]}`;
}

/** A day and a time with the clock that they are told by, for what is read long afterwards or by others. */
export function stamp(when: number | string | Date): string {
  return `${timeOf(when, "full")} ${zoneName()}`;
}

/** A place in degrees: `48.85822 N 2.29450 E`; south and west are said, not signed. */
export function placeName(latitude: number, longitude: number): string {
  return `${Math.abs(latitude).toFixed(5)} ${latitude < 0 ? "S" : "N"} ${Math.abs(longitude).toFixed(5)} ${longitude < 0 ? (language.value === "fr" ? "O" : "W") : "E"}`;
}

/** What follows a time, so that nobody takes one clock for the other. */
export function zoneName(zone: Zone = timeZone.value): string {
  if (zone === "utc") return "UTC";
  const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (name.split("/").pop() ?? name).replace(/_/g, " ");
}

export function bytes(size: number): string {
  if (size < 1e3) return `${number(size)} B`;
  if (size < 1e6) return `${number(size / 1e3, 1)} kB`;
  if (size < 1e9) return `${number(size / 1e6, 1)} MB`;
  return `${number(size / 1e9, 1)} GB`;
}

export function metres(value: number | null | undefined): string {
  if (value === null || value === undefined) return "—";
  return value >= 10_000 ? `${number(value / 1000, 1)} km` : `${number(value)} m`;
}
