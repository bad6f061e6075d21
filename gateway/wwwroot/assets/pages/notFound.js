import { element } from "../dom.js";
import { text } from "../texts.js";

export default {
  title: "notFound.title",
  show: () => [element("p", {}, text("notFound.words")), element("p", {}, element("a", { href: "/" }, text("toStart")))],
};
