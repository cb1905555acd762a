// The main thread: forwards input, applies HTML patches, and says so where the
// browser lacks what the page needs.
import { morph } from './morph';
import type { ToPage, ToWorker } from './protocol';

const root = document.documentElement;
const assets = new URL('.', import.meta.url).href;

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no #${id}`);
  return found;
}

/** What this browser lacks, or nothing. */
function lacking(): string {
  if (typeof WebAssembly !== 'object') return 'WebAssembly';
  if (typeof Worker !== 'function') return 'Worker';
  if (!('transferControlToOffscreen' in HTMLCanvasElement.prototype)) return 'OffscreenCanvas';
  return '';
}

function kept(name: string): string {
  try {
    return localStorage.getItem(`bitacora.${name}`) ?? '';
  } catch {
    return ''; // storage is off: nothing is remembered, all else works
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`bitacora.${name}`, value);
  } catch {
    // as above
  }
}

function complain(template: string, reason: string): void {
  const p = document.createElement('p');
  p.className = 'trouble';
  p.setAttribute('role', 'alert');
  p.textContent = template.replace('{0}', reason);
  element('headline').replaceChildren(p);
}

const darkQuery = matchMedia('(prefers-color-scheme: dark)');
const isDark = (): boolean => (kept('theme') ? kept('theme') === 'dark' : darkQuery.matches);
const paintTheme = (dark: boolean): void => { root.dataset['theme'] = dark ? 'dark' : 'light'; };

function start(): void {
  paintTheme(isDark());
  const texts = element('texts').dataset;
  const missing = lacking();
  if (missing) {
    complain(texts['old'] ?? '{0}', missing);
    return;
  }
  const worker = new Worker(`${assets}worker.js`, { type: 'module' });
  const send = (message: ToWorker, transfer: Transferable[] = []): void => worker.postMessage(message, transfer);
  const stage = element('stage');
  const canvas = document.createElement('canvas');
  canvas.setAttribute('aria-hidden', 'true');

  worker.onerror = (event) => complain(texts['failed'] ?? '{0}', event.message || 'worker');
  worker.onmessage = (event: MessageEvent<ToPage>) => {
    const message = event.data;
    switch (message.kind) {
      case 'alive':
        stage.classList.add('alive');
        root.dataset['alive'] = String(Math.round(performance.now()));
        break;
      case 'patch':
        morph(element(message.target), message.html);
        break;
      case 'shape':
        root.lang = message.lang;
        paintTheme(message.dark);
        element('desk').classList.toggle('no-guide', !message.guide);
        element('desk').classList.toggle('no-panel', !message.panel);
        stage.setAttribute('aria-label', message.stage);
        element('tables-title').textContent = message.tables;
        break;
      case 'cursor':
        stage.classList.toggle('pointing', message.pointing);
        break;
      case 'announce':
        element('live').textContent = message.text;
        break;
      case 'remember':
        keep(message.name, message.value);
        break;
      case 'failed':
        complain(texts['failed'] ?? '{0}', message.reason);
        break;
    }
  };

  stage.append(canvas);
  const socket = new URL('api/v1/watch', location.href);
  socket.protocol = socket.protocol === 'https:' ? 'wss:' : 'ws:';
  const query = new URLSearchParams(location.search);
  const token = query.get('token') || kept('token');
  const offscreen = canvas.transferControlToOffscreen();
  send({
    kind: 'start', canvas: offscreen, assets, socket: socket.href, live: 'live' in root.dataset,
    lang: query.get('lang') || kept('lang') || root.lang, dark: isDark(),
    reduced: matchMedia('(prefers-reduced-motion: reduce)').matches,
    token, source: query.get('source') ?? '',
    wide: innerWidth >= 1400,
  }, [offscreen]);
  new ResizeObserver(() => {
    const box = stage.getBoundingClientRect();
    // Without a GPU a canvas of more than one pixel a CSS pixel costs too much.
    send({ kind: 'size', width: box.width, height: box.height, scale: hasGPU() ? Math.min(devicePixelRatio, 2) : 1 });
  }).observe(stage);
  listen(stage, send);
  darkQuery.addEventListener('change', () => {
    if (!kept('theme')) send({ kind: 'dark', dark: darkQuery.matches });
  });
  document.addEventListener('visibilitychange', () => send({ kind: 'visible', visible: !document.hidden }));
}

let gpu: boolean | undefined;

/** Whether drawing is done by a GPU; software renderers name themselves. */
function hasGPU(): boolean {
  if (gpu !== undefined) return gpu;
  gpu = false;
  const gl = document.createElement('canvas').getContext('webgl', { failIfMajorPerformanceCaveat: true });
  if (gl) {
    const info = gl.getExtension('WEBGL_debug_renderer_info');
    const name = info ? String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL)) : '';
    gpu = !/swiftshader|llvmpipe|software/i.test(name);
    gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
  return gpu;
}

const stageKeys = new Set(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Enter', 'Escape', ' ', '.', 'k', 'K', 'r', 'R', 'PageUp', 'PageDown']);

function listen(stage: HTMLElement, send: (message: ToWorker) => void): void {
  const at = (event: MouseEvent): { x: number; y: number } => {
    const box = stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  stage.addEventListener('pointermove', (event) => send({ kind: 'move', ...at(event) }));
  stage.addEventListener('pointerleave', () => send({ kind: 'leave' }));
  stage.addEventListener('click', (event) => send({ kind: 'press', ...at(event) }));
  stage.addEventListener('wheel', (event) => {
    send({ kind: 'scroll', by: event.deltaY });
    // Where the page itself scrolls (a phone's layout), the wheel is the page's too.
    if (!event.ctrlKey && root.scrollHeight <= innerHeight) event.preventDefault();
  }, { passive: false });
  stage.addEventListener('keydown', (event) => {
    if (!stageKeys.has(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    send({ kind: 'key', key: event.key });
  });
  document.addEventListener('click', (event) => {
    const control = event.target instanceof Element ? event.target.closest('button[data-act]') : null;
    if (!(control instanceof HTMLButtonElement)) return;
    const { act = '', ...values } = control.dataset;
    send({ kind: 'act', name: act, values: plain(values) });
  });
  document.addEventListener('submit', (event) => {
    if (!(event.target instanceof HTMLFormElement)) return;
    event.preventDefault();
    const values: Record<string, string> = {};
    for (const [name, value] of new FormData(event.target)) values[name] = String(value);
    send({ kind: 'act', name: event.target.dataset['act'] ?? '', values });
  });
  element('tables').addEventListener('toggle', (event) => {
    const open = event.target instanceof HTMLDetailsElement && event.target.open;
    send({ kind: 'act', name: 'tables', values: { open: open ? '1' : '' } });
  });
  document.addEventListener('input', (event) => {
    const control = event.target;
    if (!(control instanceof HTMLInputElement) || control.type !== 'range') return;
    send({ kind: 'act', name: control.dataset['act'] ?? '', values: { [control.name]: control.value } });
  });
}

function plain(values: DOMStringMap): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) if (value !== undefined) out[name] = value;
  return out;
}

start();
