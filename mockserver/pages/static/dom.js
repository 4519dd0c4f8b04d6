// Elements and notices. Text is inserted as text only: no function here parses HTML.

const CONTROLS = /(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

export const byId = (id) => document.getElementById(id);

/** Return text in which control characters and marks of direction are visible. */
export function visible(text, maximum = 400) {
  const value = String(text ?? "");
  const cut = value.length > maximum ? `${value.slice(0, maximum)}… (${value.length} characters)` : value;
  return cut.replace(CONTROLS, (character) => `[U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);
}

/** Return a path as text that may break after slashes and before parameters. */
export function breakable(text) {
  return text.split(/(?<=[/&?])/).flatMap((part) => [part, document.createElement("wbr")]);
}

/** Return an element; `on...` attributes are functions, and children are elements or text. */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** Return a button that shows an error of its action and ignores clicks while the action runs. */
export function button(label, action, attributes = {}) {
  return element("button", { type: "button", ...attributes, onclick: (event) => run(action, event.currentTarget) }, label);
}

/** Replace the children of a list; the focus stays on the element with the same data-key, or goes to `fallback`. */
export function replace(container, children, fallback) {
  const focused = container.contains(document.activeElement) ? document.activeElement : null;
  const key = focused?.dataset.key;
  container.replaceChildren(...children);
  if (!focused) return;
  const same = key && [...container.querySelectorAll("[data-key]")].find((node) => node.dataset.key === key);
  (same || fallback)?.focus();
}

export const empty = (text) => element("li", { class: "empty" }, text);

/** Show a message; a success disappears after a while, an error stays until it is closed. */
export function notify(text, { isError = false } = {}) {
  const notices = byId("notices");
  const notice = element(
    "div",
    { class: isError ? "notice error" : "notice" },
    element("span", {}, visible(text, 2000)),
    element("button", { type: "button", "aria-label": "Close this message", onclick: () => notice.remove() }, "Close"),
  );
  while (notices.children.length >= 3) notices.firstChild.remove();
  notices.append(notice);
  if (!isError) setTimeout(() => notice.remove(), 6000);
}

/** Run an action and show its error; the button that started it is busy meanwhile and starts no other. */
export async function run(action, starter) {
  if (starter?.ariaBusy === "true") return;
  if (starter) starter.ariaBusy = "true";
  try {
    await action();
  } catch (error) {
    notify(error.message, { isError: true });
  } finally {
    if (starter) starter.ariaBusy = null;
  }
}

export function onSubmit(form, action) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(action, form.querySelector("button[type=submit]"));
  });
}

/** Return a button that copies text. */
export function copyButton(text, what) {
  return element("button", {
    type: "button",
    "data-key": `copy ${what}`,
    "aria-label": `Copy ${visible(what, 80)}`,
    onclick: async (event) => {
      const target = event.currentTarget;
      const isCopied = await copy(text);
      target.textContent = isCopied ? "Copied" : "Not copied";
      notify(isCopied ? `Copied ${visible(what, 80)}.` : "The browser does not allow copying; select the text.", { isError: !isCopied });
      setTimeout(() => { target.textContent = "Copy"; }, 2000);
    },
  }, "Copy");
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages of other machines over plain HTTP have no clipboard.
    const area = element("textarea", { class: "sr" });
    area.value = text;
    document.body.append(area);
    const focused = document.activeElement;
    area.select();
    const isCopied = document.execCommand("copy");
    area.remove();
    focused?.focus();
    return isCopied;
  }
}

export function debounce(action, milliseconds = 200) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds);
  };
}

/** Return text quoted for a shell. */
export const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
