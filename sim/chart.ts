/**
 * Charts: a few lines over two axes, as a small SVG text.
 * @module
 */

export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Chart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** Whether steps along x are factors. */
  readonly logX?: boolean;
  readonly lines: readonly Line[];
}

const WIDTH = 560;
const HEIGHT = 340;
const LEFT = 60;
const RIGHT = 430;
const TOP = 40;
const BOTTOM = 290;
/** Distinct to the colour-blind, and on white and black. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#999999'];
const STEPS = 5;

const short = (value: number): string => Number(value.toPrecision(3)).toString();
const at = (value: number): string => value.toFixed(1);

/** The next round number (1, 2 or 5 and zeros) that is at least `value`. */
const roundUp = (value: number): number => {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((digit) => digit * power).find((round) => round >= value) ?? value;
};

const escape = (text: string): string =>
  text.replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;' })[sign] ?? '&gt;');

const text = (x: number, y: number, words: string, more = ''): string =>
  `<text x="${at(x)}" y="${at(y)}"${more}>${escape(words)}</text>`;

type Scale = (value: number) => number;

export const drawChart = (chart: Chart): string => {
  const points = chart.lines.flatMap((line) => line.points);
  const along = chart.logX === true ? Math.log10 : (value: number): number => value;
  const xs = [...new Set(points.map(([x]) => x))].sort((a, b) => a - b);
  const [from, to] = [along(xs[0] ?? 0), along(xs.at(-1) ?? 1)];
  const top = STEPS * roundUp(Math.max(...points.map(([, y]) => y)) / STEPS);
  const x: Scale = (value) => LEFT + ((along(value) - from) / (to - from)) * (RIGHT - LEFT);
  const y: Scale = (value) => BOTTOM - (value / top) * (BOTTOM - TOP);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#222">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(LEFT, 22, chart.title, ' font-size="14"'),
    ...axisX(xs, x, chart.x),
    ...axisY(top, y, chart.y),
    ...chart.lines.flatMap((line, i) => drawLine(line, { x, y, place: i })),
    '</svg>\n',
  ].join('\n');
};

const axisX = (xs: readonly number[], x: Scale, name: string): readonly string[] => [
  `<path d="M${LEFT} ${BOTTOM}H${RIGHT}" stroke="#222"/>`,
  ...xs.map((value) => text(x(value), BOTTOM + 18, short(value), ' text-anchor="middle"')),
  text((LEFT + RIGHT) / 2, BOTTOM + 38, name, ' text-anchor="middle"'),
];

const axisY = (top: number, y: Scale, name: string): readonly string[] => {
  const values = Array.from({ length: STEPS + 1 }, (_, i) => (top / STEPS) * i);
  return [
    ...values.map((value) => `<path d="M${LEFT} ${at(y(value))}H${RIGHT}" stroke="#ddd"/>`),
    ...values.map((value) => text(LEFT - 6, y(value) + 4, short(value), ' text-anchor="end"')),
    text(
      0,
      0,
      name,
      ` text-anchor="middle" transform="translate(16 ${(TOP + BOTTOM) / 2}) rotate(-90)"`,
    ),
  ];
};

const drawLine = (
  { name, points }: Line,
  { x, y, place }: { readonly x: Scale; readonly y: Scale; readonly place: number },
): readonly string[] => {
  const colour = COLOURS[place % COLOURS.length] ?? '';
  const corners = points.map(([px, py]) => `${at(x(px))},${at(y(py))}`).join(' ');
  const row = TOP + 10 + 20 * place;
  return [
    `<polyline points="${corners}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    `<path d="M${RIGHT + 14} ${row}h18" stroke="${colour}" stroke-width="2"/>`,
    text(RIGHT + 38, row + 4, name),
  ];
};
