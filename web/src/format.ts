const whole = new Intl.NumberFormat("en");
const moment = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

/** A whole number with thousands separators, such as 6,761. */
export const count = (value: number): string => whole.format(value);

/** A number with its noun, such as "1 anchor" or "6,761 anchors". */
export const counted = (value: number, noun: string): string =>
  `${count(value)} ${noun}${Math.abs(value) === 1 ? "" : "s"}`;

/** A share as a percentage: two digits that count, and never 0 % or 100 % for what is neither. */
export const percent = (share: number): string => {
  const value = share * 100;
  if (value > 0 && value < 0.1) return "< 0.1 %";
  if (value < 100 && value > 99.9) return "> 99.9 %";
  return `${value.toFixed(value < 9.95 && value > 0 ? 1 : 0)} %`;
};

/** A signed number with three digits behind the point, more where it would be zero; a minus sign, not a hyphen. */
export const signed = (value: number): string => {
  const size = Math.abs(value);
  const digits = size < 0.00005 ? 3 : size < 0.0005 ? 5 : size < 0.001 ? 4 : 3;
  return `${value < 0 ? "−" : "+"}${size.toFixed(digits)}`;
};

/** A date and a time of day, by the reader's clock. */
export const when = (instant: string): string => moment.format(new Date(instant));

/** How long something takes, in words such as "40 s" or "3 min". */
export const duration = (seconds: number): string =>
  seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;

const UNITS = ["B", "KB", "MB", "GB", "TB"];

/** A number of bytes in units of 1,000, such as "41.5 MB". */
export const bytes = (value: number): string => {
  const power = value < 1_000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(value) / 3));
  const scaled = value / 1_000 ** power;
  return `${power === 0 ? count(scaled) : scaled.toFixed(scaled < 100 ? 1 : 0)} ${UNITS[power] ?? ""}`;
};

/** A time in milliseconds, with the digits that count. */
export const milliseconds = (value: number): string =>
  value < 1_000 ? `${value.toFixed(value < 10 ? 1 : 0)} ms` : `${(value / 1_000).toFixed(1)} s`;
