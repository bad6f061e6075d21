// Which page stands behind which address; the gateway's PagePaths.cs has the same addresses. A page that needs somebody who
// is signed in shows the sign-in page in its place, and itself as soon as there is a session.

const signIn = () => import("./pages/signIn.js");

export const pages = {
  "/": { signedIn: () => import("./pages/account.js"), signedOut: signIn },
  "/sign-up": { signedOut: () => import("./pages/signUp.js") },
  "/forgot": { signedOut: () => import("./pages/forgot.js") },
  "/hand-off-code": { signedOut: () => import("./pages/handOffCode.js") },

  "/verify": { anyone: () => import("./pages/verify.js") },
  "/reset": { anyone: () => import("./pages/reset.js") },
  "/authorize-ip": { anyone: () => import("./pages/authorizeIp.js") },
  "/wasntme": { anyone: () => import("./pages/wasntMe.js") },
  "/auth/sso/callback": { anyone: () => import("./pages/ssoCallback.js") },

  "/security": { signedIn: () => import("./pages/security.js"), signedOut: signIn },
  "/sessions": { signedIn: () => import("./pages/sessions.js"), signedOut: signIn },
  "/devices": { signedIn: () => import("./pages/devices.js"), signedOut: signIn },
  "/hand-off": { signedIn: () => import("./pages/handOff.js"), signedOut: signIn },
  "/scopes": { signedIn: () => import("./pages/scopes.js"), signedOut: signIn },
};

/** The sections that somebody who is signed in moves between. */
export const sections = ["/", "/security", "/sessions", "/devices", "/hand-off", "/scopes"];
