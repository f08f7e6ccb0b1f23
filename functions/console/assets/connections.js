// Disconnecting is a DELETE, which a form cannot send; the buttons stay hidden where this does not run.
for (const button of document.querySelectorAll("[data-disconnect]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    const provider = encodeURIComponent(button.dataset.disconnect);
    const answer = await fetch(`/api/integrations/${provider}/credentials`, { method: "DELETE" });
    if (answer.ok) {
      location.assign(`/?disconnected=${provider}`);
    } else {
      button.disabled = false;
      button.textContent = "That did not work. Try again";
    }
  });
}
