// The API reference: Swagger UI with one of the two contracts, and with a token of this world.

const base = new URL("../", location.href); // a base element would change the addresses of the operations
const CONTRACTS = { canvas: "openapi.json", control: "_mock/openapi.json" };
const FORM = "application/x-www-form-urlencoded";

const chooser = document.getElementById("contract");
const token = document.getElementById("token");
let ui;

/** Return the contract with the values that a first request has, and no others: Swagger UI fills in every example. */
function withFirstExamples(contract) {
  const resolve = (value) => (value?.$ref ? resolve(value.$ref.slice(2).split("/").reduce((part, step) => part[step], contract)) : value);
  const items = Object.values(contract.paths);
  const parameters = items.flatMap((item) => [item, ...Object.values(item)]).flatMap((part) => part.parameters ?? []).map(resolve);
  for (const parameter of parameters) {
    if (parameter.required) continue;
    delete parameter.example;
    delete parameter.examples;
    parameter.schema = { ...resolve(parameter.schema) };
    delete parameter.schema.example;
    if ("default" in parameter.schema) {
      parameter.description = `${parameter.description ?? ""} (default ${parameter.schema.default})`;
      delete parameter.schema.default;
    }
  }
  for (const operation of items.flatMap((item) => Object.values(item))) {
    const form = operation.requestBody?.content?.[FORM];
    if (!form) continue;
    const [first] = Object.values(form.examples ?? {}).map(resolve);
    const schema = structuredClone(resolve(form.schema));
    for (const [name, property] of Object.entries(schema.properties)) {
      const described = { ...resolve(property) };
      delete described.example;
      delete described.default;
      described.example = first?.value[name] ?? ""; // without an example, Swagger UI sends the name of the type
      schema.properties[name] = described;
    }
    form.schema = schema;
    if (first) form.example = first.value;
  }
  return contract;
}

/** Empty fields of a form are left out unless a person includes them; Swagger UI sends them by default. */
const OmitEmptyFields = () => ({
  wrapComponents: {
    ParameterIncludeEmpty: (Original, { React }) => (props) => React.createElement(Original, {
      ...props,
      isIncludedOptions: { ...props.isIncludedOptions, defaultValue: false },
    }),
  },
});

/** The summary of an operation is a button; a link inside it would be a second control in the same place. */
const PlainSummaries = () => ({
  wrapComponents: { DeepLink: (_, { React }) => ({ text }) => React.createElement("span", {}, text) },
});

const NAMES = {
  "#servers": "Server",
  ".examples-select-element": "Example",
  ".content-type": "Media type",
  "textarea": "Request body",
  "tr[data-param-name]": (control) => control.closest("tr").dataset.paramName,
};

const REGIONS = { ".information-container": "Description", ".scheme-container": "Server and authorization", ".models": "Schemas" };

/** Name the controls that Swagger UI leaves without a name, make what scrolls reachable by keyboard, order headings. */
function complete(reference) {
  for (const control of reference.querySelectorAll("select:not([aria-label]), textarea:not([aria-label])")) {
    const [, name] = Object.entries(NAMES).find(([selector]) => control.closest(selector)) ?? [];
    control.setAttribute("aria-label", typeof name === "function" ? name(control) : name ?? "Value");
  }
  for (const block of reference.querySelectorAll("pre:not([tabindex])")) block.tabIndex = 0;
  for (const table of reference.querySelectorAll("table[role=region]")) table.removeAttribute("role");
  reference.querySelector(".info .title")?.setAttribute("aria-level", "2");
  for (const [selector, name] of Object.entries(REGIONS)) {
    const part = reference.querySelector(selector);
    part?.setAttribute("role", "region");
    part?.setAttribute("aria-label", name);
  }
}

function authorize() {
  ui.preauthorizeApiKey("bearer_token", token.value.trim());
  document.getElementById("status").textContent = "";
}

async function show(name) {
  const response = await fetch(new URL(CONTRACTS[name], base));
  document.getElementById("sender").hidden = name !== "canvas";
  ui = window.SwaggerUIBundle({
    spec: withFirstExamples(await response.json()),
    dom_id: "#reference",
    plugins: [OmitEmptyFields, PlainSummaries],
    deepLinking: true,
    validatorUrl: null,
    tryItOutEnabled: true,
    defaultModelsExpandDepth: 0,
    onComplete: () => setTimeout(() => { // `ui` has its value by then
      if (name === "canvas") authorize();
      const controlToken = sessionStorage.getItem("mock control token");
      if (name === "control" && controlToken) ui.preauthorizeApiKey("control_token", controlToken);
    }),
  });
}

function setDarkMode({ matches }) {
  document.documentElement.classList.toggle("dark-mode", matches);
}

async function offerTokens() {
  const { users } = await (await fetch(new URL("_mock/users?limit=100", base))).json();
  const options = users.flatMap((user) => user.tokens.map(({ value }) => Object.assign(document.createElement("option"), { value, label: user.name })));
  document.getElementById("tokens").replaceChildren(...options);
  const values = options.map(({ value }) => value);
  if (values.length && !values.includes(token.value)) token.value = values[0];
}

const reference = document.getElementById("reference");
new MutationObserver(() => complete(reference)).observe(reference, { childList: true, subtree: true });
const dark = matchMedia("(prefers-color-scheme: dark)");
dark.addEventListener("change", setDarkMode);
setDarkMode(dark);
token.addEventListener("change", authorize);
chooser.addEventListener("change", () => {
  const url = new URL("docs/", base);
  if (chooser.value !== "canvas") url.searchParams.set("contract", chooser.value);
  location.assign(url);
});
const wanted = new URLSearchParams(location.search).get("contract");
chooser.value = wanted in CONTRACTS ? wanted : "canvas";
await offerTokens();
await show(chooser.value);
