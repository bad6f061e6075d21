// Where the person is signed in.
import { call } from "../api/http.js";
import { element, replace } from "../dom.js";
import { ago, moment } from "../format.js";
import { confirmed } from "../parts/dialog.js";
import { action } from "../parts/form.js";
import { notify } from "../parts/notice.js";
import { withSudo } from "../parts/sudo.js";
import { endSession } from "../session.js";
import { text } from "../texts.js";

export default {
  title: "sessions.title",
  width: "wide",

  async show({ leaving }) {
    const place = element("div");
    const load = async () => replace(place, list(await call("GET", "/v1/auth/sessions", { signal: leaving }), load));
    await load();
    return place;
  },
};

function list(sessions, load) {
  const others = sessions.filter((session) => !session.current);
  return [
    element("p", {}, text("sessions.how")),
    element("ul", { class: "cards" }, sessions.map((session) => card(session, load))),
    others.length > 0 && action({
      button: text("sessions.endOthers", { count: others.length }),
      style: "danger",
      submit: () => end(others, load),
    }),
    element("section", {},
      element("h2", {}, text("sessions.addresses.title")),
      element("p", {}, text("sessions.addresses.how")),
      action({
        button: text("sessions.addresses.button"),
        submit: async () => {
          await withSudo(({ headers, fields }) => call("DELETE", "/v1/users/@me/authorized-ips", { headers, body: fields }));
          notify(text("sessions.addresses.done"));
        },
      })),
  ];
}

function card(session, load) {
  const { client_info: info, approx_last_used_at: used, current } = session;
  const place = [info?.location?.city, info?.location?.region, info?.location?.country].filter(Boolean).join(", ");
  const name = [info?.platform, info?.os].filter((part) => part && part !== "Unknown").join(" · ") || text("sessions.unknown");
  return element("li", { class: "card" },
    element("div", {},
      element("h2", { class: "card-title" }, name, current && element("span", { class: "badge" }, text("sessions.this"))),
      element("p", { class: "hint" },
        used ? [text("sessions.used"), " ", element("time", { datetime: used, title: moment(used) }, ago(used))] : text("sessions.unused"),
        place && ` · ${place}`)),
    action({
      button: current ? text("signOut") : text("sessions.end"),
      subject: name,
      submit: () => (current ? endThis() : end([session], load)),
    }));
}

async function end(sessions, load) {
  await withSudo(({ headers, fields }) => call("POST", "/v1/auth/sessions/logout", {
    headers,
    body: { session_id_hashes: sessions.map((session) => session.id_hash), ...fields },
  }));
  notify(text("sessions.ended", { count: sessions.length }));
  await load();
}

async function endThis() {
  if (await confirmed({ title: text("signOut"), words: text("sessions.endThis"), button: text("signOut") })) {
    await call("POST", "/v1/auth/logout");
    history.replaceState(null, "", "/");
    endSession();
  }
}
