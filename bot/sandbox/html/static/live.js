// Asks now and then whether anything changed, and swaps only the parts marked data-live, so that what a
// person is typing stays where it is.
let known = Number(document.body.dataset.version);

// A form that somebody has begun to fill in stays as it is until they send it.
document.addEventListener("input", (event) => {
  const part = event.target.closest("[data-live]");
  if (part) part.dataset.typing = "";
});

async function look() {
  try {
    const { version } = await (await fetch("/sandbox/version", { cache: "no-store" })).json();
    if (version !== known) {
      const page = await fetch(location.href, { cache: "no-store" });
      const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
      for (const part of document.querySelectorAll("[data-live]")) {
        const newer = fresh.getElementById(part.id);
        if ("typing" in part.dataset) continue;
        if (newer && newer.innerHTML !== part.innerHTML) part.innerHTML = newer.innerHTML;
      }
      known = version;
    }
  } catch {
    // The sandbox is not there just now; the next look may find it again.
  }
  setTimeout(look, 700);
}
// A page that answers a refused form has no address of its own that could be looked at again.
if (performance.getEntriesByType("navigation")[0]?.responseStatus < 400) setTimeout(look, 700);
