// Modal dialogs, by the element that browsers have for it: it keeps the focus inside, closes with Escape and gives the focus
// back where it came from.
import { element, uniqueId } from "../dom.js";
import { text } from "../texts.js";

/** Thrown to whoever waits for a dialog that the person has closed. */
export class Cancelled extends Error {}

/**
 * @template T
 * @param {string} title
 * @param {(finish: (result: T) => void, cancel: () => void) => (Node | string)[]} build the content
 * @returns {Promise<T>} what `finish` was called with
 * @throws {Cancelled} when the person closes it
 */
export function dialog(title, build) {
  return new Promise((resolve, reject) => {
    const titleId = uniqueId("dialog");
    const cancel = () => {
      box.close();
    };
    const finish = (result) => {
      resolve(result);
      box.close();
    };
    const box = element("dialog", {
      "aria-labelledby": titleId,
      on: {
        close: () => {
          box.remove();
          reject(new Cancelled());
        },
      },
    }, element("h2", { id: titleId }, title), build(finish, cancel));
    document.body.append(box);
    box.showModal();
  });
}

/**
 * Asks before something that cannot be undone.
 * @returns {Promise<boolean>}
 */
export async function confirmed({ title, words, button }) {
  try {
    return await dialog(title, (finish, cancel) => [
      element("p", {}, words),
      element("div", { class: "buttons" },
        element("button", { type: "button", class: "danger", on: { click: () => finish(true) } }, button),
        element("button", { type: "button", class: "secondary", on: { click: cancel } }, text("cancel"))),
    ]);
  } catch (error) {
    if (error instanceof Cancelled) {
      return false;
    }

    throw error;
  }
}
