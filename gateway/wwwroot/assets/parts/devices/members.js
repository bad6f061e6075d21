// Who is in the group. Adding, removing and naming administrators is for its administrators.
import { element } from "../../dom.js";
import { text } from "../../texts.js";
import { confirmed } from "../dialog.js";
import { action, form } from "../form.js";
import { notify } from "../notice.js";

export function memberList(state, refresh) {
  return element("section", {},
    element("h3", {}, text("members.title")),
    element("ul", { class: "cards" }, state.members.map((member) => card(member, state, refresh))),
    state.isAdmin && form({
      fields: [{ name: "email", label: text("members.email"), hint: text("members.email.hint"), type: "email", attributes: { maxlength: "254", autocomplete: "off" } }],
      button: text("members.add"),
      submit: async ({ email }, node) => {
        await state.api.addMember({ email });
        node.reset();
        notify(text("members.added", { email }));
        await refresh();
      },
    }));
}

function card(member, state, refresh) {
  const name = [member.firstName, member.lastName].filter(Boolean).join(" ") || member.email || member.identity;
  const isAdmin = member.groupRoles?.some((role) => role.role === "group-admin") ?? false;
  const isThis = member.identity === state.user.id;
  return element("li", { class: "card" },
    element("div", {},
      element("h4", { class: "card-title" }, name,
        isThis && element("span", { class: "badge" }, text("members.you")),
        isAdmin && element("span", { class: "badge" }, text("members.admin"))),
      element("p", { class: "hint" }, member.email && member.email !== name ? member.email : "", !member.identity && text("members.invited"))),
    state.isAdmin && member.identity && !isThis && element("div", { class: "buttons" },
      action({
        button: text(isAdmin ? "members.demote" : "members.promote"), subject: name,
        submit: async () => { await state.api.setRoles(member.identity, isAdmin ? [] : ["group-admin"]); await refresh(); },
      }),
      action({ button: text("remove"), subject: name, submit: () => remove(member.identity, name, state, refresh) })));
}

async function remove(identity, name, state, refresh) {
  if (await confirmed({ title: text("members.remove.title"), words: text("members.remove.sure", { name }), button: text("remove") })) {
    await state.api.removeMember(identity);
    await refresh();
  }
}
