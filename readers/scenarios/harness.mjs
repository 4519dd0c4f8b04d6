// The test data and the runner that the scenarios in JavaScript and TypeScript share.
export const origin = process.argv[2];
export const apiUrl = `${origin}/api/v1`;

/** An address with characters that a client must encode in a path and in a form. */
export const address = "a/b?c#d%41é+e@example.com";

/** A push token with characters that a client must encode in a form. */
export const pushToken = "a+b/é";

/** The ids of the 25 channels of the user with `many-token`. */
export const manyChannelIds = Array.from({ length: 25 }, (_, index) => index + 9);

/**
 * Run the steps, and print a line for each: its name, and "passed" or "failed" with the error.
 * @param {Record<string, () => Promise<void>>} steps
 */
export async function runScenario(steps) {
  for (const [name, step] of Object.entries(steps)) {
    try {
      await step();
      console.log(`${name}: passed`);
    } catch (failure) {
      console.log(`${name}: failed, ${String(failure).replace(/\s+/g, " ")}`);
    }
  }
}

/**
 * Return the reason with which a promise is rejected; throw when it is fulfilled.
 * @param {Promise<unknown>} promise
 * @returns {Promise<unknown>}
 */
export async function rejection(promise) {
  return promise.then(() => Promise.reject(new Error("the request succeeded, an error was expected")), (reason) => reason);
}
