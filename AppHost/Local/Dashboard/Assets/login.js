// Where to go after the login; the server checks that it is a path of its own.
const returnUrl = new URLSearchParams(location.search).get("returnUrl") ?? "/";
document.getElementById("returnUrl").value = returnUrl;

// A link from another site arrives without the SameSite=Strict cookie. This request does carry it, so who is logged in goes on.
const answer = await fetch("/api/telemetry/resources");
if (answer.ok && new URL(returnUrl, location.href).origin === location.origin) {
  location.replace(returnUrl);
}
