import type { Camera, Size } from "./camera.ts";

/** How a point is shown beside its colour. */
export const MARKS = { shown: 0, hidden: 1, dimmed: 2, chosen: 3 } as const;

/** Points on a canvas, drawn by WebGL2 in one call. */
export interface Plot {
  /** `[n, 2]`; points whose place is NaN are not drawn. */
  readonly setPlaces: (places: Float32Array) => void;
  /** A place in the palette for each point. */
  readonly setCodes: (codes: Uint8Array) => void;
  /** One of {@link MARKS} for each point. */
  readonly setMarks: (marks: Uint8Array) => void;
  /** 256 colours, RGBA. */
  readonly setPalette: (palette: Uint8Array) => void;
  /**
   * @param closeness how much nearer the camera is than the one that shows all points
   * @param pixelRatio device pixels for a CSS pixel
   */
  readonly draw: (camera: Camera, size: Size, closeness: number, pixelRatio: number) => void;
  readonly close: () => void;
}

const VERTEX = `#version 300 es
layout(location = 0) in vec2 place;
layout(location = 1) in float code;
layout(location = 2) in float mark;
uniform vec4 camera;
uniform float size;
uniform sampler2D palette;
out vec4 colour;
flat out float ringed;
void main() {
  bool hidden = mark == 1.0 || isnan(place.x);
  bool chosen = mark == 3.0;
  gl_Position = hidden ? vec4(2.0, 2.0, 2.0, 1.0)
    : vec4((place - camera.xy) * camera.zw, chosen ? -0.5 : 0.0, 1.0);
  gl_PointSize = size * (chosen ? 1.7 : 1.0);
  colour = texelFetch(palette, ivec2(int(code), 0), 0);
  colour.a = mark == 2.0 ? 0.25 : 0.85;
  ringed = chosen ? 1.0 : 0.0;
}`;

const FRAGMENT = `#version 300 es
precision mediump float;
in vec4 colour;
flat in float ringed;
uniform vec4 ring;
out vec4 painted;
void main() {
  float away = 2.0 * length(gl_PointCoord - 0.5);
  if (away > 1.0) discard;
  painted = ringed == 1.0 && away > 0.66 ? ring : colour;
  painted.rgb *= painted.a;
}`;

/** The diameter of a point in CSS pixels: smaller where there are many, larger when nearer. */
const sizeOf = (points: number, closeness: number): number => {
  const base = points > 20_000 ? 3 : points > 2_000 ? 5 : 8;
  return Math.min(16, base * Math.max(1, closeness) ** 0.35);
};

/**
 * Opens a plot on a canvas.
 *
 * @returns null where the browser has no WebGL2
 */
export const openPlot = (canvas: HTMLCanvasElement): Plot | null => {
  const gl = canvas.getContext("webgl2", { antialias: false, premultipliedAlpha: true });
  if (gl === null) return null;
  const program = link(gl);
  if (program === null) return null;
  gl.useProgram(program);
  const uniform = (name: string): WebGLUniformLocation | null => gl.getUniformLocation(program, name);
  const uniforms = { camera: uniform("camera"), size: uniform("size"), ring: uniform("ring") };
  const buffers = [gl.createBuffer(), gl.createBuffer(), gl.createBuffer()] as const;
  const texture = gl.createTexture();
  let points = 0;

  const fill = (location: 0 | 1 | 2, values: Float32Array | Uint8Array): void => {
    gl.bindBuffer(gl.ARRAY_BUFFER, buffers[location]);
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.DYNAMIC_DRAW);
    gl.enableVertexAttribArray(location);
    const [width, type] = location === 0 ? [2, gl.FLOAT] : [1, gl.UNSIGNED_BYTE];
    gl.vertexAttribPointer(location, width, type, false, 0, 0);
  };
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  // Those that are chosen lie above the others.
  gl.enable(gl.DEPTH_TEST);
  gl.depthFunc(gl.LEQUAL);

  return {
    setPlaces: (places) => {
      points = places.length / 2;
      fill(0, places);
    },
    setCodes: (codes) => fill(1, codes),
    setMarks: (marks) => fill(2, marks),
    setPalette: (palette) => {
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, palette);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
      const dark = (palette[0] ?? 0) > 50 ? 1 : 0;
      gl.uniform4f(uniforms.ring, dark, dark, dark, 1);
    },
    draw: ({ x, y, scale }, { width, height }, closeness, pixelRatio) => {
      const [across, down] = [Math.round(width * pixelRatio), Math.round(height * pixelRatio)];
      if (canvas.width !== across) canvas.width = across;
      if (canvas.height !== down) canvas.height = down;
      gl.viewport(0, 0, across, down);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
      gl.uniform4f(uniforms.camera, x, y, (2 * scale) / width, (2 * scale) / height);
      gl.uniform1f(uniforms.size, sizeOf(points, closeness) * pixelRatio);
      gl.drawArrays(gl.POINTS, 0, points);
    },
    close: () => gl.getExtension("WEBGL_lose_context")?.loseContext(),
  };
};

/** Null where the context is lost, as that of a tab whose graphics process has ended. */
const link = (gl: WebGL2RenderingContext): WebGLProgram | null => {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(type);
    if (shader === null) return null;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) === true ? program : null;
};
