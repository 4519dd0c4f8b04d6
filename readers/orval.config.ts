// The settings of orval; the paths are relative to this file.
export default {
  channels: {
    input: "../openapi.yaml",
    output: {
      target: "generated/orval.ts",
      client: "fetch",
      urlEncodeParameters: true, // off by default, which gives an address with a slash or a percent sign another path
      override: { mutator: { path: "scenarios/orval_fetch.ts", name: "sendRequest", extension: ".js" } },
    },
  },
};
