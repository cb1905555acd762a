// The worker: owns the engine's instance and the canvas. One call a frame goes
// into WebAssembly; a display list and HTML patches come out.
import { Painter } from './painter';
import type { ToPage, ToWorker } from './protocol';
import { Socket } from './socket';

/** What wasm/ exports. Text goes in through a buffer of the engine's own. */
interface Engine {
  memory: WebAssembly.Memory;
  bitacora_buffer(size: number): number;
  bitacora_start(size: number): void;
  bitacora_frame(passedMs: number, budgetMs: number): number;
  bitacora_size(width: number, height: number): void;
  bitacora_pointer(x: number, y: number, kind: number): void;
  bitacora_scroll(by: number): void;
  bitacora_text(kind: number, size: number): void;
  bitacora_packet(size: number): void;
  bitacora_link(state: number, retryMs: number, silentMs: number): void;
}

declare class Go {
  importObject: WebAssembly.Imports;
  run(instance: WebAssembly.Instance): Promise<void>;
}

const post = (message: ToPage): void => self.postMessage(message);
const decoder = new TextDecoder();
const encoder = new TextEncoder();
const targets = ['bar', 'headline', 'guide', 'inspector', 'feed', 'transport', 'tables-body', 'describe'];
/** How long the engine may work in one frame. */
const budgetMs = 6;

let engine: Engine | undefined;
let painter: Painter | undefined;
let socket: Socket | undefined;
let token = '';
let alive = false;
let visible = true;
let last = 0;
const waiting: ToWorker[] = [];
/** Kept for measuring: the worker's busy time of the latest frames. */
const busy: number[] = [];

function bytes(at: number, size: number): Uint8Array {
  if (!engine) return new Uint8Array();
  return new Uint8Array(engine.memory.buffer, at >>> 0, size);
}

const text = (at: number, size: number): string => decoder.decode(bytes(at, size).slice());

function give(data: Uint8Array): number {
  if (!engine) return 0;
  const at = engine.bitacora_buffer(data.length);
  new Uint8Array(engine.memory.buffer, at >>> 0, data.length).set(data);
  return data.length;
}

/** Strings as the engine takes them: joined by NUL, which no input field gives. */
const join = (parts: string[]): Uint8Array => encoder.encode(parts.map((part) => part.replaceAll('\0', '')).join('\0'));

/** What the engine calls. */
function imports(socketURL: string): WebAssembly.ModuleImports {
  return {
    paint(at: number, words: number): void {
      if (!engine || !painter) return;
      painter.paint(new Float32Array(engine.memory.buffer, at >>> 0, words));
    },
    strings(at: number, size: number, from: number): void {
      if (!painter) return;
      painter.strings.length = from;
      painter.strings.push(...text(at, size).split('\0'));
    },
    palette(at: number, size: number): void {
      painter?.setPalette(text(at, size).split(' '));
    },
    patch(target: number, at: number, size: number): void {
      post({ kind: 'patch', target: targets[target] ?? '', html: text(at, size) });
    },
    shape(at: number, size: number): void {
      const [lang = '', dark = '', guide = '', panel = '', stage = '', tables = ''] = text(at, size).split('\0');
      post({ kind: 'shape', lang, dark: dark === '1', guide: guide === '1', panel: panel === '1', stage, tables });
    },
    cursor(pointing: number): void {
      post({ kind: 'cursor', pointing: pointing === 1 });
    },
    announce(at: number, size: number): void {
      post({ kind: 'announce', text: text(at, size) });
    },
    remember(at: number, size: number): void {
      const [name = '', value = ''] = text(at, size).split('\0');
      if (name === 'token') token = value;
      post({ kind: 'remember', name, value });
    },
    send(at: number, size: number): void {
      socket?.send(bytes(at, size).slice());
    },
    connect(live: number): void {
      socket?.stop();
      socket = undefined;
      if (live === 1) connect(socketURL);
    },
  };
}

const links = { connecting: 1, open: 2, lost: 3 };

function connect(url: string): void {
  const address = new URL(url);
  // A cluster that listens beyond loopback lets nobody change it without its token.
  if (token) address.searchParams.set('token', token);
  socket = new Socket(address.href, (packet) => {
    if (engine) engine.bitacora_packet(give(packet));
  }, (state) => engine?.bitacora_link(links[state.link], state.retryInMs, state.silentMs));
}

async function start(message: Extract<ToWorker, { kind: 'start' }>): Promise<void> {
  painter = new Painter(message.canvas);
  token = message.token;
  const fonts = [['Atkinson Hyperlegible Next', 'next'], ['Atkinson Hyperlegible Mono', 'mono']].map(async ([family = '', file = '']) => {
    // A canvas font must be there before its first use. Without it the system's stands in.
    const font = new FontFace(family, `url(${message.assets}${file}.woff2)`, { weight: '200 800' });
    (self as unknown as { fonts: FontFaceSet }).fonts.add(await font.load());
  });
  const fetched = fetch(`${message.assets}bitacora.wasm`);
  await import(`${message.assets}wasm_exec.js`);
  const go = new Go();
  go.importObject['bitacora'] = imports(message.socket);
  const response = await fetched;
  if (!response.ok) throw new Error(`bitacora.wasm: ${response.status}`);
  performance.mark('fetched');
  const { instance } = await WebAssembly.instantiateStreaming(response, go.importObject);
  performance.mark('compiled');
  await Promise.allSettled(fonts);
  go.run(instance).then(() => post({ kind: 'failed', reason: 'exit' }), fail);
  const exports = instance.exports as unknown as Engine & { mem: WebAssembly.Memory };
  engine = Object.assign(Object.create(exports) as Engine, { memory: exports.mem });
  const seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;
  engine.bitacora_start(give(join([message.live ? '1' : '', message.lang, message.dark ? '1' : '', message.reduced ? '1' : '', message.token, message.source, String(seed), message.wide ? '1' : ''])));
  performance.mark('started');
  for (const later of waiting.splice(0)) handle(later);
  last = performance.now();
  requestAnimationFrame(frame);
}

function fail(reason: unknown): void {
  engine = undefined;
  post({ kind: 'failed', reason: reason instanceof Error ? reason.message : String(reason) });
}

function frame(now: number): void {
  if (!engine) return;
  const began = performance.now();
  let painted = 0;
  try {
    painted = engine.bitacora_frame(Math.min(250, Math.max(0, now - last)), budgetMs);
  } catch (reason) {
    fail(reason);
    return;
  }
  last = now;
  busy.push(performance.now() - began);
  if (busy.length > 600) busy.shift();
  (self as unknown as { bitacoraBusy: number[] }).bitacoraBusy = busy;
  if (!alive && painted === 2) {
    alive = true;
    performance.mark('painted');
    post({ kind: 'alive' });
  }
  if (visible) requestAnimationFrame(frame);
  else setTimeout(() => frame(performance.now()), 250);
}

const kinds = { key: 1, act: 2, dark: 3 };

function handle(message: ToWorker): void {
  if (!engine) {
    waiting.push(message);
    return;
  }
  switch (message.kind) {
    case 'start': break;
    case 'size':
      painter?.resize(message.width, message.height, message.scale);
      engine.bitacora_size(message.width, message.height);
      break;
    case 'move': engine.bitacora_pointer(message.x, message.y, 0); break;
    case 'leave': engine.bitacora_pointer(0, 0, 1); break;
    case 'press': engine.bitacora_pointer(message.x, message.y, 2); break;
    case 'scroll': engine.bitacora_scroll(message.by); break;
    case 'key': engine.bitacora_text(kinds.key, give(join([message.key]))); break;
    case 'act':
      engine.bitacora_text(kinds.act, give(join([message.name, ...Object.entries(message.values).flat()])));
      break;
    case 'dark': engine.bitacora_text(kinds.dark, give(join([message.dark ? '1' : '']))); break;
    case 'visible': visible = message.visible; break;
  }
}

self.onmessage = (event: MessageEvent<ToWorker>) => {
  if (event.data.kind === 'start') start(event.data).catch(fail);
  else {
    try {
      handle(event.data);
    } catch (reason) {
      fail(reason);
    }
  }
};
