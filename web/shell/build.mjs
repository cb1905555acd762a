// Bundles the shell and copies styles, fonts and icons into static/build/.
import { build } from 'esbuild';
import { copyFile, mkdir } from 'node:fs/promises';

const out = '../../static/build';
await mkdir(out, { recursive: true });
await build({
  entryPoints: ['src/main.ts', 'src/worker.ts'],
  outdir: out, bundle: true, minify: true, format: 'esm', target: ['es2022'], legalComments: 'none',
});
await build({
  entryPoints: ['../../static/style.css'],
  outdir: out, bundle: true, minify: true, external: ['*.woff2'], legalComments: 'none',
});
const fonts = 'node_modules/@fontsource-variable/atkinson-hyperlegible-';
await copyFile(`${fonts}next/files/atkinson-hyperlegible-next-latin-wght-normal.woff2`, `${out}/next.woff2`);
await copyFile(`${fonts}mono/files/atkinson-hyperlegible-mono-latin-wght-normal.woff2`, `${out}/mono.woff2`);
await copyFile(`${fonts}next/LICENSE`, `${out}/fonts-LICENSE.txt`);
await copyFile('../../static/icon.svg', `${out}/icon.svg`);
