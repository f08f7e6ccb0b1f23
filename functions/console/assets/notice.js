// What just happened is told once: the address loses it, so that neither a reload nor a bookmark tells it again.
const address = new URL(location);
const told = ["oauth_success", "oauth_error", "disconnected", "joined", "googleCalendar", "googleDrive", "error"];
if (told.some((name) => address.searchParams.has(name))) {
  for (const name of told) address.searchParams.delete(name);
  history.replaceState(history.state, "", address);
}
