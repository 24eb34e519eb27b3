import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where the server looks for the page. */
const output = join(import.meta.dirname, '..', 'server', 'dist', 'workbench');

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  experimental: {
    // Names are relative, so that the page works under any path: it is served as `/workbench`, its files from below that.
    renderBuiltUrl: (file, { hostType }) => (hostType === 'html' ? `workbench/${file}` : { relative: true }),
  },
  // Styles that components add while they run carry this; the server puts a fresh value in its place.
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    outDir: output,
    emptyOutDir: true,
    target: 'es2023',
    // A data URI in a style sheet is a request that the policy has to allow; files are served like all else.
    assetsInlineLimit: 0,
    reportCompressedSize: true,
    // Licences of what is in the bundle go with it.
    license: { fileName: 'licences.md' },
    modulePreload: { polyfill: false },
  },
});
