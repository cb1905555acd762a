// What the page's two threads say to each other. The main thread is a terminal:
// it forwards input and shows what it is told to.

/** From the page to the worker. */
export type ToWorker =
  | { kind: 'start'; canvas: OffscreenCanvas; assets: string; socket: string; live: boolean; lang: string; dark: boolean; reduced: boolean; token: string; source: string; wide: boolean }
  | { kind: 'size'; width: number; height: number; scale: number }
  | { kind: 'move'; x: number; y: number }
  | { kind: 'leave' }
  | { kind: 'press'; x: number; y: number }
  | { kind: 'scroll'; by: number }
  | { kind: 'key'; key: string }
  | { kind: 'act'; name: string; values: Record<string, string> }
  | { kind: 'dark'; dark: boolean }
  | { kind: 'visible'; visible: boolean };

/** From the worker to the page. */
export type ToPage =
  | { kind: 'alive' }
  | { kind: 'patch'; target: string; html: string }
  | { kind: 'shape'; lang: string; dark: boolean; guide: boolean; panel: boolean; stage: string; tables: string }
  | { kind: 'cursor'; pointing: boolean }
  | { kind: 'announce'; text: string }
  | { kind: 'remember'; name: string; value: string }
  | { kind: 'failed'; reason: string };
