// The field for a new password, with a meter that says what it thinks and why.
import { element } from "../dom.js";
import { text } from "../texts.js";
import { judge } from "../passwordStrength.js";

/** @param {{ name?: string, label?: string, known?: () => string[] }} options `known`: words that an attacker would try, such as the name */
export function newPasswordField({ name = "password", label = text("password.new"), known = () => [] } = {}) {
  return {
    name,
    label,
    type: "password",
    hint: text("password.hint"),
    attributes: { autocomplete: "new-password", minlength: "8", maxlength: "256" },
    below: (input) => {
      const bar = element("meter", { min: "0", max: "4", low: "2", high: "3", optimum: "4", value: "0", "aria-hidden": "true" });
      const words = element("p", { class: "hint", role: "status" });
      input.addEventListener("input", () => {
        const { score, reason } = judge(input.value, known());
        bar.value = input.value === "" ? 0 : Math.max(score, 0.2);
        words.textContent = input.value === "" ? "" : `${text(`password.score.${score}`)} ${reason ? text(`password.reason.${reason}`) : ""}`.trim();
      });
      return element("div", { class: "strength" }, bar, words);
    },
  };
}
