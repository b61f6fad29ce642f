/** What charts are drawn with. */
export const FONT = "system-ui, 'Segoe UI', Helvetica, Arial, sans-serif";
export const INK = "#1f2328";
export const FAINT = "#6b7280";
export const GRID = "#e5e7eb";

/** A picture of its own; `content` are its elements. */
export const svg = (width: number, height: number, title: string, content: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="${FONT}" font-size="13" fill="${INK}">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...content,
    "</svg>",
    "",
  ].join("\n");

export const textElement = (x: number, y: number, content: string, attributes: string): string =>
  `<text x="${round(x)}" y="${round(y)}"${attributes === "" ? "" : ` ${attributes}`}>${escape(content)}</text>`;

/** Text that reads upwards, around its middle. */
export const uprightText = (x: number, y: number, content: string): string =>
  textElement(x, y, content, `text-anchor="middle" transform="rotate(-90 ${round(x)} ${round(y)})"`);

export const round = (value: number): string => String(Math.round(value * 100) / 100);

export const format = (value: number): string => Number(value.toPrecision(6)).toLocaleString("en-US");

const escape = (value: string): string =>
  value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
