import type { Point, Size } from "./camera.ts";

interface Props {
  readonly size: Size;
  /** The lasso, or two corners of a box. */
  readonly line: readonly Point[];
  readonly closed: boolean;
  readonly crosshair: boolean;
  /** Around the point that is hovered. */
  readonly ring: Point | null;
  /** Where a query is, and its nearest anchors. */
  readonly place: Point | null;
  readonly near: readonly Point[];
}

/** What lies over the points: rings, the lasso, and the place of a query with lines to its neighbours. */
export const Overlay = ({ size, line, closed, crosshair, ring, place, near }: Props) => {
  const [a = [0, 0], b = a] = line;
  const [middleX, middleY] = [size.width / 2, size.height / 2];
  return (
    <svg class="map-overlay" width={size.width} height={size.height} aria-hidden="true">
      {line.length > 1 &&
        (closed ? (
          <rect
            class="lasso"
            x={Math.min(a[0], b[0])}
            y={Math.min(a[1], b[1])}
            width={Math.abs(a[0] - b[0])}
            height={Math.abs(a[1] - b[1])}
          />
        ) : (
          <polygon class="lasso" points={line.map(([x, y]) => `${x},${y}`).join(" ")} />
        ))}
      {near.map(([x, y], i) => (
        <g key={i} class="near">
          {place !== null && <line x1={place[0]} y1={place[1]} x2={x} y2={y} />}
          <circle cx={x} cy={y} r="6" />
        </g>
      ))}
      {place !== null && (
        <g class="query-place">
          <circle cx={place[0]} cy={place[1]} r="7" />
          <path d={`M${place[0] - 12} ${place[1]}h24M${place[0]} ${place[1] - 12}v24`} />
        </g>
      )}
      {ring !== null && <circle class="hovered" cx={ring[0]} cy={ring[1]} r="8" />}
      {crosshair && (
        <path class="crosshair" d={`M${middleX - 8} ${middleY}h16M${middleX} ${middleY - 8}v16`} />
      )}
    </svg>
  );
};
