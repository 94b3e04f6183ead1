// The service worker of the customer's app: opens /device without a connection, and shows that there
// is news when the provider knocks.
//
// The server writes `SHELL` before this: the files of the page by their hashed names, the page's
// languages, and the words of a notification. It answers for the page and those files alone; every
// other request, above all every call, goes its usual way.
"use strict";

const CACHE = "gridpass-device-" + SHELL.version;
const PAGE = "/device";
// Kept in the cache beside the page: the language in which it was opened last.
const LAST_LANGUAGE = PAGE + "?last-language";
// Milliseconds until a phone between two networks is shown what it has.
const PATIENCE = 4000;
const FILES = new Set(SHELL.files);

const copyOf = (language) => PAGE + "?language=" + language;

// The page as a stranger sees it: nothing of who is signed in gets into the copy.
const fetchPage = (language) =>
  fetch(PAGE, {
    cache: "no-store",
    credentials: "omit",
    headers: { "accept-language": language },
  });

const keep = async () => {
  const cache = await caches.open(CACHE);
  const pages = SHELL.languages.map(async (language) => {
    const page = await fetchPage(language);
    if (!page.ok) throw new Error("the page was not answered");
    await cache.put(copyOf(language), page);
  });
  await Promise.all([cache.addAll(SHELL.files), ...pages]);
};

const dropOthers = async () => {
  const last = await caches.match(LAST_LANGUAGE);
  if (last) await (await caches.open(CACHE)).put(LAST_LANGUAGE, last);
  const names = await caches.keys();
  const others = names.filter((name) => name.startsWith("gridpass-device-") && name !== CACHE);
  await Promise.all(others.map((name) => caches.delete(name)));
};

// The files are named by what is in them: a page of the version before still gets its own from the
// portal, so nothing waits for the last tab to be closed.
self.addEventListener("install", (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  event.waitUntil(dropOthers().then(() => self.clients.claim()));
});

const language = async () => {
  const last = await caches.match(LAST_LANGUAGE);
  const word = last ? await last.text() : self.navigator.language.split("-")[0];
  return SHELL.languages.includes(word) ? word : SHELL.languages[0];
};

const keptPage = async () => caches.match(copyOf(await language()));

const noteLanguage = async (response) => {
  const word = response.headers.get("content-language");
  if (response.ok && SHELL.languages.includes(word)) {
    await (await caches.open(CACHE)).put(LAST_LANGUAGE, new Response(word));
  }
};

// From the portal as long as it answers; the copy when it does not, or takes too long.
const page = async (event) => {
  const asked = fetch(event.request).then((response) => {
    event.waitUntil(noteLanguage(response.clone()));
    return response.status < 500 ? response : null;
  });
  const late = new Promise((done) => setTimeout(done, PATIENCE, null));
  const response = await Promise.race([asked, late]).catch(() => null);
  return response ?? (await keptPage()) ?? asked.then((answer) => answer ?? Response.error());
};

const file = async (request) => (await caches.match(request)) ?? fetch(request);

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && url.pathname === PAGE) {
    event.respondWith(page(event));
  } else if (FILES.has(url.pathname + url.search)) {
    event.respondWith(file(request));
  }
});

// The provider knocks: an empty message, which tells whoever carries it nothing. What there is, an
// open page fetches; without one, only a person can have it fetched.
const knock = async () => {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const open = pages.filter((client) => new URL(client.url).pathname === PAGE);
  for (const client of open) client.postMessage("knock");
  if (open.some((client) => client.visibilityState === "visible")) return;
  const words = SHELL.words[await language()];
  await self.registration.showNotification(words.title, {
    body: words.text,
    icon: "/icon-192.png",
    tag: "gridpass-news",
  });
};

self.addEventListener("push", (event) => event.waitUntil(knock()));

const openPage = async () => {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const open = pages.find((client) => new URL(client.url).pathname === PAGE);
  await (open ? open.focus() : self.clients.openWindow(PAGE));
};

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openPage());
});
