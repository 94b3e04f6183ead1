// Starts the worker bundle. The version query that the page was given goes on to both files, so a
// cached script never meets the WASM of another build. Should anything end the worker, the page is
// told and shows it: a WASM worker that dies is otherwise silent.
"use strict";
const broken = (event) => {
  event.preventDefault();
  console.warn(event.reason ?? event.message);
  self.postMessage(['{"turn":0,"tell":"broken"}']);
};
self.addEventListener("unhandledrejection", broken);
self.addEventListener("error", broken);
importScripts("gridpass-worker.js" + self.location.search);
wasm_bindgen({ module_or_path: new URL("gridpass-worker_bg.wasm" + self.location.search, self.location) });
