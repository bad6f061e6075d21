// All words that people read. For another language: a module like texts/en.js, and a line in `languages`.
import { english } from "./texts/en.js";

const languages = { en: english };

const language = navigator.languages.map((tag) => tag.split("-")[0]).find((tag) => tag in languages) ?? "en";
const words = languages[language];
const plurals = new Intl.PluralRules(language);
document.documentElement.lang = language;

/** @returns {boolean} whether there are words for `key` */
export function hasText(key) {
  return Object.hasOwn(words, key) || Object.hasOwn(english, key);
}

/**
 * @param {string} key
 * @param {Record<string, string | number>} values for the names in braces; `count` picks the form of the noun too
 */
export function text(key, values = {}) {
  const entry = words[key] ?? english[key] ?? key;
  const form = typeof entry === "object" ? entry[plurals.select(values.count)] ?? entry.other : entry;
  return form.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
