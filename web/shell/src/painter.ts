// Paints a display list on a 2D canvas. It knows the same operations, in the same
// order, as web/scene's Op.

const faces = ['400 {}px "Atkinson Hyperlegible Next",system-ui,sans-serif', '650 {}px "Atkinson Hyperlegible Next",system-ui,sans-serif',
  '400 {}px "Atkinson Hyperlegible Mono",ui-monospace,monospace', '650 {}px "Atkinson Hyperlegible Mono",ui-monospace,monospace'];
const aligns: CanvasTextAlign[] = ['left', 'center', 'right'];

export class Painter {
  private readonly context: OffscreenCanvasRenderingContext2D;
  private readonly fonts = new Map<number, string>();
  private readonly dashes = new Map<number, number[]>();
  private hatch: CanvasPattern | null = null;
  private palette: string[] = [];
  private hatchColor = '';
  private scale = 1;
  strings: string[] = [];

  constructor(private readonly canvas: OffscreenCanvas) {
    const context = canvas.getContext('2d', { alpha: false });
    if (!context) throw new Error('no 2D canvas');
    this.context = context;
  }

  resize(width: number, height: number, scale: number): void {
    this.scale = scale;
    this.canvas.width = Math.max(1, Math.round(width * scale));
    this.canvas.height = Math.max(1, Math.round(height * scale));
  }

  setPalette(palette: string[]): void {
    this.palette = palette;
    this.hatch = null;
  }

  private font(face: number, size: number): string {
    const key = face * 1024 + Math.round(size * 4);
    let font = this.fonts.get(key);
    if (!font) {
      font = (faces[face] ?? faces[0] ?? '').replace('{}', String(Math.round(size * 4) / 4));
      this.fonts.set(key, font);
    }
    return font;
  }

  private dash(length: number): number[] {
    let dash = this.dashes.get(length);
    if (!dash) {
      dash = length > 0 ? [length, length] : [];
      this.dashes.set(length, dash);
    }
    return dash;
  }

  private pattern(color: string): CanvasPattern | string {
    if (this.hatch && this.hatchColor === color) return this.hatch;
    const tile = new OffscreenCanvas(8, 8);
    const context = tile.getContext('2d');
    if (!context) return color;
    context.strokeStyle = color;
    context.lineWidth = 1.2;
    context.beginPath();
    for (const shift of [-8, 0, 8]) {
      context.moveTo(shift - 1, 9);
      context.lineTo(shift + 9, -1);
    }
    context.stroke();
    this.hatch = this.context.createPattern(tile, 'repeat');
    this.hatchColor = color;
    return this.hatch ?? color;
  }

  /** Paints one frame. `w` is a view of the engine's memory. */
  paint(w: Float32Array): void {
    const c = this.context;
    c.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    c.globalAlpha = 1;
    const color = (n: number): string => this.palette[n] ?? '#f0f';
    let i = 0;
    const next = (): number => w[i++] ?? 0;
    while (i < w.length) {
      switch (next()) {
        case 1: {
          const x = next(), y = next(), width = next(), height = next();
          c.fillStyle = color(next());
          c.fillRect(x, y, width, height);
          break;
        }
        case 2: this.round(next(), next(), next(), next(), next(), next(), next(), next(), next()); break;
        case 3: {
          const x1 = next(), y1 = next(), x2 = next(), y2 = next();
          c.strokeStyle = color(next());
          c.lineWidth = next();
          c.setLineDash(this.dash(next()));
          c.beginPath();
          c.moveTo(x1, y1);
          c.lineTo(x2, y2);
          c.stroke();
          break;
        }
        case 4: {
          const x1 = next(), y1 = next(), cx = next(), cy = next(), x2 = next(), y2 = next();
          c.strokeStyle = color(next());
          c.lineWidth = next();
          c.setLineDash(this.dash(next()));
          c.beginPath();
          c.moveTo(x1, y1);
          c.quadraticCurveTo(cx, cy, x2, y2);
          c.stroke();
          break;
        }
        case 5: {
          const x = next(), y = next(), radius = next(), fill = next(), stroke = next(), width = next();
          c.beginPath();
          c.arc(x, y, radius, 0, 6.2832);
          this.fillStroke(fill, stroke, width, 0);
          break;
        }
        case 6: {
          const x = next(), y = next(), text = this.strings[next()] ?? '';
          c.font = this.font(next(), next());
          c.fillStyle = color(next());
          c.textAlign = aligns[next()] ?? 'left';
          c.fillText(text, x, y);
          break;
        }
        case 7: {
          const x = next(), y = next(), width = next(), height = next();
          c.fillStyle = this.pattern(color(next()));
          c.fillRect(x, y, width, height);
          break;
        }
        case 8: {
          c.save();
          c.beginPath();
          c.rect(next(), next(), next(), next());
          c.clip();
          break;
        }
        case 9: c.restore(); break;
        case 10: c.globalAlpha = next(); break;
        case 11: {
          c.beginPath();
          c.moveTo(next(), next());
          c.lineTo(next(), next());
          c.lineTo(next(), next());
          c.fillStyle = color(next());
          c.fill();
          break;
        }
        default: return;
      }
    }
  }

  private round(x: number, y: number, width: number, height: number, radius: number, fill: number, stroke: number, line: number, dash: number): void {
    const c = this.context;
    c.beginPath();
    c.roundRect(x, y, width, height, radius);
    this.fillStroke(fill, stroke, line, dash);
  }

  private fillStroke(fill: number, stroke: number, width: number, dash: number): void {
    const c = this.context;
    if (fill >= 0) {
      c.fillStyle = this.palette[fill] ?? '#f0f';
      c.fill();
    }
    if (stroke >= 0) {
      c.strokeStyle = this.palette[stroke] ?? '#f0f';
      c.lineWidth = width;
      c.setLineDash(this.dash(dash));
      c.stroke();
    }
  }
}
