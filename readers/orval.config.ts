// What orval is told; the paths are seen from this file.
export default {
  channels: {
    input: "../openapi.yaml",
    output: {
      target: "generated/orval.ts",
      client: "fetch",
      urlEncodeParameters: true, // off unless asked for, and an address with a slash or a percent sign is then another path
      override: { mutator: { path: "stories/orval_fetch.ts", name: "send", extension: ".js" } },
    },
  },
};
