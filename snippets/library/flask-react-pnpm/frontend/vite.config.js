import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // Where Flask serves the build. Files
  // that name each other need to know it.
  base: "/static/dist/",
  build: {
    outDir: "../app/static/dist",
    emptyOutDir: true,
    // Flask finds the hashed names in .vite/manifest.json.
    manifest: true,
    // Every file a file: the page's
    // Content-Security-Policy forbids data: URLs.
    assetsInlineLimit: 0,
    rolldownOptions: { input: "src/main.jsx" },
  },
});
