// Devices that share an end-to-end key: which group, and then that group.
import { getUser } from "../api/account.js";
import { GroupApi } from "../api/groups.js";
import { element } from "../dom.js";
import { groupView } from "../parts/devices/groupView.js";
import { form } from "../parts/form.js";
import { notify } from "../parts/notice.js";
import { go } from "../router.js";
import { currentSession } from "../session.js";
import { text } from "../texts.js";

export default {
  title: "devices.title",
  width: "wide",

  async show({ leaving }) {
    const name = new URLSearchParams(location.search).get("group");
    const user = await getUser(leaving);
    if (!name) {
      return chooser(user);
    }

    const group = await GroupApi.find(name, leaving);
    remember(name);
    return [
      element("p", {}, element("a", { href: "/devices" }, text("devices.allGroups"))),
      await groupView(group, user, leaving),
    ];
  },
};

function chooser(user) {
  const known = remembered();
  return [
    element("p", {}, text("devices.how")),
    known.length > 0 && element("section", {},
      element("h2", {}, text("devices.groups")),
      element("ul", { class: "cards" }, known.map((name) => element("li", { class: "card" },
        element("a", { class: "card-title", href: addressOf(name) }, name))))),
    element("section", {},
      element("h2", {}, text("devices.open.title")),
      form({
        fields: [nameField(text("devices.open.hint"))],
        button: text("devices.open"),
        submit: async ({ name }) => {
          await GroupApi.find(name);
          go(addressOf(name));
        },
      })),
    user.is_staff && element("section", {},
      element("h2", {}, text("devices.create.title")),
      element("p", {}, text("devices.create.how")),
      form({
        fields: [nameField(text("devices.create.hint"))],
        button: text("devices.create"),
        submit: async ({ name }) => {
          const group = await GroupApi.create(name);
          await group.addMember({ identity: user.id, email: user.email, firstName: user.global_name ?? user.username });
          await group.setRoles(user.id, ["group-admin"]);
          notify(text("devices.created", { name }));
          go(addressOf(name));
        },
      })),
  ];
}

function nameField(hint) {
  return {
    name: "name", label: text("devices.name"), hint,
    attributes: { maxlength: "64", pattern: "[a-z0-9\\-]+", autocapitalize: "none", autocomplete: "off", spellcheck: "false" },
    code: "GROUP_NAME",
  };
}

function addressOf(name) {
  return `/devices?group=${encodeURIComponent(name)}`;
}

// The API knows no list of one's groups, so this browser keeps the names of those that were opened in it.
function storageKey() {
  return `platform.groups.${currentSession()?.userId}`;
}

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(storageKey())) ?? [];
  } catch {
    return [];
  }
}

function remember(name) {
  const names = [...new Set([...remembered(), name])].sort();
  localStorage.setItem(storageKey(), JSON.stringify(names));
}
