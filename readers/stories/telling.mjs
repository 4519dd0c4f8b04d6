// What every story in JavaScript and TypeScript shares: where the mock is, what is sent to it, and how the steps are told.
export const origin = process.argv[2];
export const base = `${origin}/api/v1`;
export const address = "a/b?c#d%41é+e@example.com";
export const device = "a+b/é";
export const many = Array.from({ length: 25 }, (_, index) => index + 9);

/**
 * One line for each step: its name, and yes, or no and why.
 * @param {Record<string, () => Promise<void>>} story
 */
export async function tell(story) {
  for (const [step, told] of Object.entries(story)) {
    try {
      await told();
      console.log(`${step}: yes`);
    } catch (failure) {
      console.log(`${step}: no, ${String(failure).replace(/\s+/g, " ")}`);
    }
  }
}

/**
 * What a promise is rejected with.
 * @param {Promise<unknown>} promise
 * @returns {Promise<unknown>}
 */
export async function refusal(promise) {
  return promise.then(() => Promise.reject(new Error("it was not refused")), (refused) => refused);
}
